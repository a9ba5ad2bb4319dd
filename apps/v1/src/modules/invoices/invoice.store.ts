import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { InvoiceEntity } from './invoice.entity.ts';
import { InvoiceLineEntity } from './invoice-line.entity.ts';
import { formatInvoiceNumber } from './invoice-number.ts';
import type { Invoice, InvoiceChange, InvoiceLine } from './invoice.ts';
import { formatQuantity } from './quantity.ts';

export interface TimelineEntry {
  /** What happened, past tense: `issued`, `payment_recorded`. */
  readonly kind: string;
  readonly actor: string;
  readonly occurredAt: Date;
  readonly amountMinor?: bigint;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** All writes on invoices, lines, timeline and number series. */
@Injectable()
export class InvoiceStore {
  /** Draws the id of an invoice to be inserted: its account key may contain it. */
  async nextId(tx: Tx): Promise<number> {
    const rows = await tx.query<{ id: number }>(`SELECT nextval(pg_get_serial_sequence('invoices', 'id'))::int AS id`);
    return rows[0]!.id;
  }

  async insert(tx: Tx, invoice: Invoice, lines: readonly InvoiceLine[]): Promise<void> {
    await tx.manager.insert(InvoiceEntity, invoice);
    await tx.manager.insert(
      InvoiceLineEntity,
      lines.map(({ quantityThousandths, ...line }) => ({
        ...line,
        invoiceId: invoice.id,
        quantity: formatQuantity(quantityThousandths),
      })),
    );
  }

  /**
   * The invoice under its row lock. Every command takes this lock first, then the number series, then (in the outbox)
   * the account's lane: one order, so no deadlock.
   */
  lock(tx: Tx, id: number): Promise<Invoice | null> {
    return tx.manager.findOne(InvoiceEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** Writes a decision and returns the invoice as it is now. */
  async update(tx: Tx, invoice: Invoice, change: InvoiceChange, now: Date): Promise<Invoice> {
    const written = { ...change, version: invoice.version + 1, updatedAt: now };
    await tx.manager.update(InvoiceEntity, { id: invoice.id }, written);
    return { ...invoice, ...written };
  }

  /**
   * Gives the next number of a series. The series row stays locked until the transaction ends, and a rollback gives the
   * number back: so numbers have no gaps.
   */
  async takeNumber(tx: Tx, { series, financialYear }: { series: string; financialYear: number }): Promise<string> {
    const rows = await tx.query<{ sequence: number }>(
      `INSERT INTO invoice_number_series AS s (series, financial_year, next_sequence) VALUES ($1, $2, 2)
       ON CONFLICT (series, financial_year) DO UPDATE SET next_sequence = s.next_sequence + 1
       RETURNING next_sequence - 1 AS sequence`,
      [series, financialYear],
    );
    return formatInvoiceNumber({ series, financialYear, sequence: rows[0]!.sequence });
  }

  async addTimeline(tx: Tx, invoice: Pick<Invoice, 'id' | 'state'>, entry: TimelineEntry): Promise<void> {
    await tx.query(
      `INSERT INTO invoice_timeline (invoice_id, kind, state, amount_minor, actor, data, occurred_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        invoice.id,
        entry.kind,
        invoice.state,
        entry.amountMinor?.toString() ?? null,
        entry.actor,
        JSON.stringify(entry.data ?? {}),
        entry.occurredAt,
      ],
    );
  }
}
