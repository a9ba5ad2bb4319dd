import { ApiProperty } from '@nestjs/swagger';
import { PAYMENT_MODES, type PaymentMode } from '@tandem/contracts';
import { toMajorNumber } from '../../money/money.ts';
import type { PaymentView } from './payment-view.ts';

/** A payment on the wire: the columns of the Billing Monitor (CONTRACT 1.7) and the exact amount beside them. */
export class PaymentRow {
  @ApiProperty()
  payment_id: number;

  @ApiProperty({ enum: PAYMENT_MODES, description: 'How the customer paid' })
  method: PaymentMode;

  @ApiProperty({ description: 'Major units' })
  amount: number;

  @ApiProperty({ description: 'Minor units of the currency' })
  amount_cents: number;

  @ApiProperty({ description: 'ISO 4217' })
  currency: string;

  @ApiProperty({ type: String, nullable: true, description: 'Number of the cheque or transfer' })
  reference: string | null;

  @ApiProperty({ format: 'date-time', description: 'When the money came in' })
  paid_at: string;

  @ApiProperty()
  invoice_id: number;

  @ApiProperty({ type: String, nullable: true })
  invoice_no: string | null;

  @ApiProperty({ description: 'Partner, else client, else bill-to name, else assignment code, else a dash' })
  counterparty: string;

  @ApiProperty({ example: 'v1:client:12', description: 'Account of the invoice' })
  external_key: string;

  @ApiProperty({ format: 'date-time', description: 'When it was noted' })
  recorded_at: string;

  @ApiProperty({ description: 'Who noted it' })
  recorded_by: string;
}

/** A payment on the wire. Customers are not told who of the staff noted it. */
export function paymentToContract(payment: PaymentView, { hidesActors = false } = {}): PaymentRow {
  return {
    payment_id: payment.id,
    method: payment.mode,
    amount: toMajorNumber(payment.amountMinor, payment.currency),
    amount_cents: Number(payment.amountMinor),
    currency: payment.currency,
    reference: payment.referenceNo,
    paid_at: payment.paidAt.toISOString(),
    invoice_id: payment.invoiceId,
    invoice_no: payment.invoiceNumber,
    counterparty: payment.counterparty,
    external_key: payment.accountKey,
    recorded_at: payment.recordedAt.toISOString(),
    recorded_by: hidesActors ? 'staff' : payment.recordedBy,
  };
}
