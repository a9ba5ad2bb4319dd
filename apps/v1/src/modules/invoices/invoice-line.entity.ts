import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../database/bigint-column.ts';

@Entity('invoice_lines')
export class InvoiceLineEntity {
  @PrimaryColumn('integer', { name: 'invoice_id' })
  invoiceId: number;

  @PrimaryColumn('integer')
  position: number;

  @Column('text')
  description: string;

  /** Decimal text with three decimals, as `numeric` is read. */
  @Column('numeric', { precision: 12, scale: 3 })
  quantity: string;

  @Column('bigint', { name: 'unit_price_minor', transformer: bigintColumn })
  unitPriceMinor: bigint;

  @Column('integer', { name: 'tax_rate_bp' })
  taxRateBasisPoints: number;

  @Column('bigint', { name: 'amount_minor', transformer: bigintColumn })
  amountMinor: bigint;

  @Column('bigint', { name: 'tax_minor', transformer: bigintColumn })
  taxMinor: bigint;
}
