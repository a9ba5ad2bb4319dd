import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInstant } from '@tandem/contracts';
import { IsOptional, IsString } from 'class-validator';

/** Which moment to explain. */
export class ExplainQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'With its zone, to the microsecond. Absent: now' })
  @IsOptional()
  @IsInstant()
  at?: string;

  @ApiPropertyOptional({ type: Number, default: 20, maximum: 100, description: 'Last movements to show' })
  @IsOptional()
  @IsString()
  limit?: string;
}
