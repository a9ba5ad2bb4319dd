import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIdempotencyKey, PAYMENT_MODES, type PaymentMode } from '@tandem/contracts';
import { IsIn, IsInt, IsOptional, Min, ValidateIf } from 'class-validator';
import { IsInstant, IsQueryInteger, IsText } from '../../http/fields.ts';
import { KeysetQuery } from '../../http/keyset-query.ts';
import { IsMoney } from '../../money/money.validators.ts';
import { InvoiceDetailRow } from '../invoices/invoice-rows.ts';
import { PaymentRow } from './payment-row.ts';

export class RecordPaymentBody {
  @ApiProperty({
    type: String,
    example: '500.00',
    description: 'Major units in the currency of the invoice, more than 0',
  })
  @IsMoney()
  amount: string;

  @ApiPropertyOptional({ enum: PAYMENT_MODES, default: 'MANUAL', description: 'How the customer paid' })
  @IsOptional()
  @IsIn(PAYMENT_MODES)
  mode?: PaymentMode;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: 255,
    description: 'Number of the cheque or transfer',
  })
  @IsOptional()
  @IsText({ max: 255 })
  reference_no?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'date-time',
    description: 'When the money came in; now by default',
  })
  @IsOptional()
  @IsInstant()
  paid_at?: string | null;

  @ApiPropertyOptional({ description: 'Instead of the header `Idempotency-Key`' })
  @ValidateIf((_, value) => value !== undefined)
  @IsIdempotencyKey()
  idempotency_key?: string;

  @ApiPropertyOptional({
    minimum: 1,
    description: 'Version of the invoice the caller saw; when given, an older one is refused with 409 `stale_version`',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsInt()
  @Min(1)
  version?: number;
}

export class PaymentReceipt {
  @ApiProperty({ type: PaymentRow })
  payment: PaymentRow;

  @ApiProperty({ type: InvoiceDetailRow, description: 'The invoice as it is now' })
  invoice: InvoiceDetailRow;
}

export class PaymentListQuery extends KeysetQuery {
  @ApiPropertyOptional({ description: 'Only payments of this invoice' })
  @IsOptional()
  @IsQueryInteger({ min: 1, max: 2_147_483_647 })
  invoice_id?: number;
}

export class PaymentPage {
  @ApiProperty({ type: [PaymentRow], description: 'Newest first' })
  items: PaymentRow[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page' })
  next_cursor: string | null;
}
