import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { IsQueryInteger, IsText } from './fields.ts';

/** Query of lists that are read page after page by cursor. */
export class KeysetQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 100, default: 20, description: 'Rows per page' })
  @IsOptional()
  @IsQueryInteger({ min: 1, max: 100 })
  limit: number = 20;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  cursor?: string;

  @ApiPropertyOptional({ maxLength: 100, description: 'Rows that contain this text' })
  @IsOptional()
  @IsText({ min: 0, max: 100 })
  q?: string;
}
