import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { containsPattern } from '../../database/contains-pattern.ts';
import type { Visibility } from '../identity/visibility.ts';
import type { PaymentView } from './payment-view.ts';
import { type PaymentRow, paymentToContract } from './payment-row.ts';

type PaymentViewRow = Omit<PaymentView, 'amountMinor'> & { amountMinor: string };

// Counterparty: partner, client, bill-to name, assignment code, em dash (CONTRACT 1.7).
const SELECT = `
  SELECT p.id, p.invoice_id AS "invoiceId", i.number AS "invoiceNumber",
    COALESCE(pa.name, c.name, i.bill_to_name, a.code, '—') AS counterparty, i.account_key AS "accountKey",
    p.amount_minor::text AS "amountMinor", p.currency, p.mode, p.reference_no AS "referenceNo",
    p.paid_at AS "paidAt", p.recorded_at AS "recordedAt", p.recorded_by AS "recordedBy"
  FROM payments p
  JOIN invoices i ON i.id = p.invoice_id
  LEFT JOIN partners pa ON pa.id = i.partner_id
  LEFT JOIN clients c ON c.id = i.client_id
  LEFT JOIN assignments a ON a.id = i.assignment_id`;

/** Reads of payments, for screens and other modules. */
@Injectable()
export class PaymentQueries {
  constructor(private readonly pool: PgPool) {}

  /** One page, newest first. */
  list(
    filter: { invoiceId: number | undefined; q: string | undefined; before: number | undefined; limit: number },
    { clientId }: Visibility,
  ): Promise<PaymentView[]> {
    return this.read(
      `WHERE ($1::int IS NULL OR p.invoice_id = $1) AND ($2::int IS NULL OR p.id < $2)
         AND ($3::int IS NULL OR i.client_id = $3)
         AND ($4::text IS NULL OR p.reference_no ILIKE $4 OR i.number ILIKE $4 OR pa.name ILIKE $4 OR c.name ILIKE $4
              OR i.bill_to_name ILIKE $4)
       ORDER BY p.id DESC LIMIT $5`,
      [filter.invoiceId ?? null, filter.before ?? null, clientId, containsPattern(filter.q), filter.limit],
    );
  }

  /** All payments of one invoice, oldest first. The caller has checked that the invoice may be seen. */
  ofInvoice(invoiceId: number): Promise<PaymentView[]> {
    return this.read('WHERE p.invoice_id = $1 ORDER BY p.id', [invoiceId]);
  }

  /** Newest payments of one account, or of all, for the Billing Monitor. */
  async recentPayments({
    limit,
    accountKey,
  }: {
    limit: number;
    accountKey?: string | undefined;
  }): Promise<PaymentRow[]> {
    const payments = await this.read('WHERE ($1::text IS NULL OR i.account_key = $1) ORDER BY p.id DESC LIMIT $2', [
      accountKey ?? null,
      limit,
    ]);
    return payments.map((payment) => paymentToContract(payment));
  }

  private async read(clauses: string, values: unknown[]): Promise<PaymentView[]> {
    const { rows } = await this.pool.query<PaymentViewRow>(`${SELECT} ${clauses}`, values);
    return rows.map((row) => ({ ...row, amountMinor: BigInt(row.amountMinor) }));
  }
}
