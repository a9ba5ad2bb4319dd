import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsISO8601, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

const DECIMAL = /^-?[0-9]{1,15}(\.[0-9]{1,3})?$/;

/**
 * What every invoice event says (EVT-10..12). Amounts are decimal strings in major units (`"1180.00"`). All fields are
 * optional on the wire: older senders leave some out, and unknown ones are kept.
 */
export class InvoiceFacts {
  @ApiPropertyOptional({ description: 'V1 id of the invoice' })
  @IsOptional()
  @IsInt()
  invoice_id?: number;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Null while the invoice is a draft' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  invoice_number?: string | null;

  @ApiPropertyOptional({ type: Number, nullable: true })
  @IsOptional()
  @IsInt()
  assignment_id?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true })
  @IsOptional()
  @IsInt()
  partner_id?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true })
  @IsOptional()
  @IsInt()
  client_id?: number | null;

  @ApiPropertyOptional({ description: 'DRAFT, ISSUED, SENT, PARTIALLY_PAID, PAID or VOID' })
  @IsOptional()
  @IsString()
  @MaxLength(32)
  status?: string;

  @ApiPropertyOptional({ description: 'ISO 4217' })
  @IsOptional()
  @Matches(/^[A-Z]{3}$/)
  currency?: string;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'date' })
  @IsOptional()
  @IsISO8601()
  issued_date?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'date' })
  @IsOptional()
  @IsISO8601()
  due_date?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'date-time' })
  @IsOptional()
  @IsISO8601()
  sent_at?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'date-time' })
  @IsOptional()
  @IsISO8601()
  paid_at?: string | null;

  @ApiPropertyOptional({ example: '1180.00' })
  @IsOptional()
  @Matches(DECIMAL)
  total_amount?: string;

  @ApiPropertyOptional({ example: '0.00' })
  @IsOptional()
  @Matches(DECIMAL)
  amount_paid?: string;

  @ApiPropertyOptional({ example: '1180.00' })
  @IsOptional()
  @Matches(DECIMAL)
  amount_due?: string;

  @ApiPropertyOptional({ example: '0.00' })
  @IsOptional()
  @Matches(DECIMAL)
  amount_credited?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601()
  event_emitted_at?: string;
}
