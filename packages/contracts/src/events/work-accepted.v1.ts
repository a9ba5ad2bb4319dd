import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, MaxLength } from 'class-validator';

/** Staff approved a commission. */
export class WorkAcceptedV1 {
  @ApiPropertyOptional()
  @IsOptional()
  @IsInt()
  commission_request_id?: number;

  @ApiPropertyOptional({ type: Number, nullable: true })
  @IsOptional()
  @IsInt()
  assignment_id?: number | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  assignment_code?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Decimal string, major units' })
  @IsOptional()
  @IsString()
  @MaxLength(32)
  fees?: string | null;
}
