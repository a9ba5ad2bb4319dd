import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, MaxLength } from 'class-validator';

/** An approved commission was cancelled or rejected; its hold, if any, is released. */
export class CommissionCancelledV1 {
  @ApiPropertyOptional()
  @IsOptional()
  @IsInt()
  commission_request_id?: number;

  @ApiPropertyOptional({ description: 'State the commission is in now' })
  @IsOptional()
  @IsString()
  @MaxLength(32)
  status?: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  decision_reason?: string | null;
}
