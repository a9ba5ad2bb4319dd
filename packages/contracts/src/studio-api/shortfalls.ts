import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { SHORTFALL_STATUSES, type ShortfallStatus } from '../billing-terms.ts';
import { IsExternalKey, IsReference } from '../validators.ts';
import { ShortfallRow } from './credit-rows.ts';

/** A shortfall with its account, and what became of it. */
export class Shortfall extends ShortfallRow {
  @ApiProperty({ example: 'v1:partner:77' })
  external_key: string;

  @ApiProperty({ type: String, nullable: true, description: 'Invoice it is owed on, once one claimed it' })
  invoice_ref: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Who claimed or waived it' })
  closed_by: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it was waived' })
  closed_reason: string | null;

  @ApiProperty({ format: 'date-time', description: 'When its status changed last' })
  updated_at: string;
}

/** One page of shortfalls, newest first. */
export class ShortfallsPage {
  @ApiProperty({ type: [Shortfall] })
  items: Shortfall[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;
}

/** `GET /v1/billing/shortfalls` and `GET /v1/operator/shortfalls` */
export class ShortfallListQuery {
  @ApiPropertyOptional({ example: 'v1:partner:77', description: 'Absent: all accounts the caller may see' })
  @IsOptional()
  @IsExternalKey()
  external_key?: string;

  @ApiPropertyOptional({ enum: SHORTFALL_STATUSES })
  @IsOptional()
  @IsIn(SHORTFALL_STATUSES)
  status?: ShortfallStatus;

  @ApiPropertyOptional({ type: Number, default: 50, maximum: 100, description: 'Rows on a page' })
  @IsOptional()
  @IsString()
  limit?: string;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  cursor?: string;
}

/** `POST /v1/billing/shortfalls/{id}/claim`: from now on an invoice asks for it, and nothing else may. */
export class ClaimShortfallRequest {
  @ApiProperty({ example: 'invoice:1042', description: 'The invoice; the same one again answers the same' })
  @IsReference()
  invoice_ref: string;

  @ApiPropertyOptional({ description: 'Person the calling service acts for; kept in the audit trail' })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  acting_user?: string;
}
