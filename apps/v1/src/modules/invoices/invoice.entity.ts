import type { ExternalKey } from '@tandem/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../../calendar/calendar.ts';
import { bigintColumn } from '../../database/bigint-column.ts';
import type { Currency } from '../../money/currency.ts';
import type { InvoiceState } from './invoice.ts';

@Entity('invoices')
export class InvoiceEntity {
  @PrimaryColumn('integer')
  id: number;

  @Column('text', { nullable: true })
  number: string | null;

  @Column('text')
  series: string;

  @Column('integer', { name: 'financial_year', nullable: true })
  financialYear: number | null;

  @Column('integer', { name: 'client_id', nullable: true })
  clientId: number | null;

  @Column('integer', { name: 'partner_id', nullable: true })
  partnerId: number | null;

  @Column('integer', { name: 'assignment_id', nullable: true })
  assignmentId: number | null;

  @Column('text', { name: 'bill_to_name', nullable: true })
  billToName: string | null;

  @Column('text', { name: 'account_key' })
  accountKey: ExternalKey;

  @Column('text')
  currency: Currency;

  @Column('text')
  state: InvoiceState;

  @Column('bigint', { name: 'subtotal_minor', transformer: bigintColumn })
  subtotalMinor: bigint;

  @Column('bigint', { name: 'tax_minor', transformer: bigintColumn })
  taxMinor: bigint;

  @Column('bigint', { name: 'total_minor', transformer: bigintColumn })
  totalMinor: bigint;

  @Column('bigint', { name: 'amount_paid_minor', transformer: bigintColumn })
  amountPaidMinor: bigint;

  @Column('bigint', { name: 'amount_credited_minor', transformer: bigintColumn })
  amountCreditedMinor: bigint;

  @Column('date', { name: 'period_start', nullable: true })
  periodStart: Day | null;

  @Column('date', { name: 'period_end', nullable: true })
  periodEnd: Day | null;

  @Column('date', { name: 'issued_date', nullable: true })
  issuedDate: Day | null;

  @Column('date', { name: 'due_date', nullable: true })
  dueDate: Day | null;

  @Column('integer', { name: 'payment_terms_days' })
  paymentTermsDays: number;

  @Column('timestamptz', { name: 'sent_at', nullable: true })
  sentAt: Date | null;

  @Column('timestamptz', { name: 'paid_at', nullable: true })
  paidAt: Date | null;

  @Column('timestamptz', { name: 'voided_at', nullable: true })
  voidedAt: Date | null;

  @Column('text', { name: 'void_reason', nullable: true })
  voidReason: string | null;

  @Column('text', { nullable: true })
  memo: string | null;

  @Column('integer')
  version: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
