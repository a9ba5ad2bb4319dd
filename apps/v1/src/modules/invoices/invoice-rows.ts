import { ApiProperty } from '@nestjs/swagger';
import { PaymentRow } from '../payments/payment-row.ts';
import { INVOICE_STATES, INVOICE_STATUSES, type InvoiceState, type InvoiceStatus } from './invoice.ts';

export class InvoiceLineRow {
  @ApiProperty()
  description: string;

  @ApiProperty({ description: 'Pieces, hours or the like; at most three decimals' })
  quantity: number;

  @ApiProperty({ description: 'Price of one, major units, without tax' })
  unit_amount: number;

  @ApiProperty({ description: 'Price of one, minor units' })
  unit_amount_cents: number;

  @ApiProperty({ description: 'quantity x unit price, rounded half-even, major units, without tax' })
  amount: number;

  @ApiProperty({ description: 'The same in minor units' })
  amount_cents: number;

  @ApiProperty({ description: 'Hundredths of a percent: 1800 is 18 %' })
  tax_rate_bp: number;

  @ApiProperty({ description: 'Tax on `amount`, rounded half-even, minor units' })
  tax_cents: number;
}

/** An invoice as existing consoles read it (CONTRACT 2.2), with our own fields beside. */
export class InvoiceRow {
  @ApiProperty({ description: 'Same as `invoice_id`, as text' })
  id: string;

  @ApiProperty()
  invoice_id: number;

  @ApiProperty({ type: String, nullable: true, example: 'INV-2026-00042', description: 'Null until issue' })
  invoice_number: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Id of the client, as text' })
  customer_id: string | null;

  @ApiProperty({ type: Number, nullable: true })
  client_id: number | null;

  @ApiProperty({ type: Number, nullable: true })
  partner_id: number | null;

  @ApiProperty({ type: Number, nullable: true })
  assignment_id: number | null;

  @ApiProperty({ description: 'Partner, else client, else bill-to name, else assignment code, else a dash' })
  counterparty: string;

  @ApiProperty({ example: 'v1:client:12', description: 'Account at Studio, stamped at creation' })
  external_key: string;

  @ApiProperty({ description: 'Total with tax, major units' })
  amount: number;

  @ApiProperty({ description: 'Total with tax, minor units of the currency' })
  amount_cents: number;

  @ApiProperty({ description: 'Without tax, minor units' })
  subtotal_cents: number;

  @ApiProperty({ description: 'Minor units' })
  tax_cents: number;

  @ApiProperty({ description: 'Major units' })
  amount_paid: number;

  @ApiProperty({ description: 'Minor units' })
  amount_paid_cents: number;

  @ApiProperty({ description: 'Total less paid and credited, major units; 0 when void' })
  amount_due: number;

  @ApiProperty({ description: 'Minor units' })
  amount_due_cents: number;

  @ApiProperty({ description: 'Major units' })
  amount_credited: number;

  @ApiProperty({ description: 'Minor units' })
  amount_credited_cents: number;

  @ApiProperty({ description: 'ISO 4217' })
  currency: string;

  @ApiProperty({ enum: INVOICE_STATUSES, description: 'The state in the words of existing consoles' })
  status: InvoiceStatus;

  @ApiProperty({ enum: INVOICE_STATES })
  state: InvoiceState;

  @ApiProperty({ description: 'Owed and past its due day; derived, never stored' })
  is_overdue: boolean;

  @ApiProperty({ format: 'date', description: 'Billed period; the issue or creation day when none was given' })
  period_start: string;

  @ApiProperty({ format: 'date' })
  period_end: string;

  @ApiProperty({ type: String, format: 'date', nullable: true })
  issued_date: string | null;

  @ApiProperty({ type: String, format: 'date', nullable: true })
  due_date: string | null;

  @ApiProperty({ description: 'Days from issue to due date when no due date was given' })
  payment_terms_days: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  sent_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'First time it was paid in full' })
  paid_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  voided_at: string | null;

  @ApiProperty({ type: String, nullable: true })
  void_reason: string | null;

  @ApiProperty({ type: String, nullable: true })
  memo: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Null: this invoice was not made at Stripe' })
  stripe_invoice_id: string | null;

  @ApiProperty({ type: String, nullable: true })
  pdf_url: string | null;

  @ApiProperty({ description: 'Goes up with every change' })
  version: number;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;

  @ApiProperty({ type: [InvoiceLineRow] })
  line_items: InvoiceLineRow[];
}

export class InvoiceTimelineRow {
  @ApiProperty({ example: 'issued', description: 'created, issued, sent, payment_recorded, paid, voided' })
  kind: string;

  @ApiProperty({ enum: INVOICE_STATES, description: 'State after it' })
  state: InvoiceState;

  @ApiProperty({ type: Number, nullable: true, description: 'Major units' })
  amount: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Minor units' })
  amount_cents: number | null;

  @ApiProperty({ description: 'E-mail of a user, or the service or job that did it' })
  actor: string;

  @ApiProperty({ type: Object, description: 'What else belongs to it' })
  data: Record<string, unknown>;

  @ApiProperty({ format: 'date-time' })
  occurred_at: string;
}

export class InvoiceDetailRow extends InvoiceRow {
  @ApiProperty({ type: [InvoiceTimelineRow], description: 'Oldest first' })
  timeline: InvoiceTimelineRow[];

  @ApiProperty({ type: [PaymentRow], description: 'Oldest first' })
  payments: PaymentRow[];
}

export class Pagination {
  @ApiProperty()
  page: number;

  @ApiProperty()
  limit: number;

  @ApiProperty({ description: 'Rows in all pages' })
  total: number;

  @ApiProperty()
  total_pages: number;
}

export class InvoicePage {
  @ApiProperty({ type: [InvoiceRow] })
  invoices: InvoiceRow[];

  @ApiProperty({ type: Pagination })
  pagination: Pagination;
}

/** An invoice row of the Billing Monitor (CONTRACT 1.7). */
export class MonitorInvoiceRow {
  @ApiProperty()
  invoice_id: number;

  @ApiProperty({ type: String, nullable: true })
  invoice_no: string | null;

  @ApiProperty()
  counterparty: string;

  @ApiProperty({ description: 'Total with tax, major units' })
  amount: number;

  @ApiProperty({ description: 'ISO 4217' })
  currency: string;

  @ApiProperty({ enum: INVOICE_STATES })
  status: InvoiceState;

  @ApiProperty({ type: String, format: 'date', nullable: true })
  due_date: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  paid_date: string | null;

  @ApiProperty({ type: String, format: 'date', nullable: true })
  issued_date: string | null;

  @ApiProperty({ example: 'v1:partner:77' })
  external_key: string;
}
