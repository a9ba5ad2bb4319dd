import type { PaymentMode } from '@tandem/contracts';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { bigintColumn } from '../../database/bigint-column.ts';
import type { Currency } from '../../money/currency.ts';

@Entity('payments')
export class PaymentEntity {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS' })
  id: number;

  @Column('integer', { name: 'invoice_id' })
  invoiceId: number;

  @Column('bigint', { name: 'amount_minor', transformer: bigintColumn })
  amountMinor: bigint;

  @Column('text')
  currency: Currency;

  @Column('text')
  mode: PaymentMode;

  @Column('text', { name: 'reference_no', nullable: true })
  referenceNo: string | null;

  @Column('timestamptz', { name: 'paid_at' })
  paidAt: Date;

  @Column('text', { name: 'idempotency_key', nullable: true })
  idempotencyKey: string | null;

  @Column('text', { name: 'request_digest' })
  requestDigest: string;

  @Column('text', { name: 'recorded_by' })
  recordedBy: string;

  @Column('timestamptz', { name: 'recorded_at' })
  recordedAt: Date;
}
