import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';

/** Query of the decision book. */
export class DecisionsQuery {
  @ApiPropertyOptional({ description: 'Only decisions without a verdict', default: false })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  open?: boolean;

  @ApiPropertyOptional({ description: 'Continue below this id' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => Number(value))
  @IsInt()
  @Min(1)
  before_id?: number;

  @ApiPropertyOptional({ default: 50, maximum: 100 })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => Number(value))
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

/** What to do with a parked row. */
export class ResolveParkedRowRequest {
  @ApiProperty({ enum: ['retry', 'skip', 'edit'] })
  @IsIn(['retry', 'skip', 'edit'])
  action: 'retry' | 'skip' | 'edit';

  @ApiProperty({ description: 'Why; kept in the audit trail' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(1000)
  reason: string;

  @ApiPropertyOptional({ type: Object, description: 'Corrected body, for `edit`; its idempotency_key must not change' })
  @IsOptional()
  @IsObject()
  body?: Record<string, unknown>;
}
