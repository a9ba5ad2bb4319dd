import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import type { Day } from '../../calendar/calendar.ts';
import { containsPattern } from '../../database/contains-pattern.ts';
import type { Visibility } from '../identity/visibility.ts';
import type { InvoiceView, TimelineView } from './invoice-view.ts';
import { invoiceToMonitor } from './invoice.convert.ts';
import type { MonitorInvoiceRow } from './invoice-rows.ts';
import type { InvoiceLine, InvoiceState } from './invoice.ts';
import { parseQuantity } from './quantity.ts';

export interface InvoiceFilter {
  /** Undefined: all states. */
  readonly states: readonly InvoiceState[] | undefined;
  /** Only those due before this day. */
  readonly dueBefore: Day | undefined;
  readonly q: string | undefined;
  /** Issue day, or day of creation for drafts; both ends included. */
  readonly from: Day | undefined;
  readonly to: Day | undefined;
}

type MoneyColumn = 'subtotalMinor' | 'taxMinor' | 'totalMinor' | 'amountPaidMinor' | 'amountCreditedMinor';
type InvoiceRow = Omit<InvoiceView, MoneyColumn> & Record<MoneyColumn, string>;
type LineRow = Omit<InvoiceLine, 'quantityThousandths' | 'unitPriceMinor' | 'amountMinor' | 'taxMinor'> &
  Record<'quantity' | 'unitPriceMinor' | 'amountMinor' | 'taxMinor', string>;

const COLUMNS = `
  i.id, i.number, i.series, i.financial_year AS "financialYear", i.client_id AS "clientId",
  i.partner_id AS "partnerId", i.assignment_id AS "assignmentId", i.bill_to_name AS "billToName",
  i.account_key AS "accountKey", i.currency, i.state, i.subtotal_minor AS "subtotalMinor", i.tax_minor AS "taxMinor",
  i.total_minor AS "totalMinor", i.amount_paid_minor AS "amountPaidMinor",
  i.amount_credited_minor AS "amountCreditedMinor", i.period_start AS "periodStart", i.period_end AS "periodEnd",
  i.issued_date AS "issuedDate", i.due_date AS "dueDate", i.payment_terms_days AS "paymentTermsDays",
  i.sent_at AS "sentAt", i.paid_at AS "paidAt", i.voided_at AS "voidedAt", i.void_reason AS "voidReason", i.memo,
  i.version, i.created_at AS "createdAt", i.updated_at AS "updatedAt",
  COALESCE(p.name, c.name, i.bill_to_name, a.code, '—') AS counterparty`;

// Counterparty: partner, client, bill-to name, assignment code, em dash (CONTRACT 1.7).
const FROM = `
  FROM invoices i
  LEFT JOIN partners p ON p.id = i.partner_id
  LEFT JOIN clients c ON c.id = i.client_id
  LEFT JOIN assignments a ON a.id = i.assignment_id`;

const VISIBLE = `($1::int IS NULL OR i.client_id = $1) AND (NOT $2::boolean OR i.number IS NOT NULL)`;

/** Reads of invoices, for screens and other modules. */
@Injectable()
export class InvoiceQueries {
  constructor(private readonly pool: PgPool) {}

  /** One page, newest first, and how many there are in all. */
  async list(
    filter: InvoiceFilter & { readonly page: number; readonly limit: number },
    visibility: Visibility,
  ): Promise<{ invoices: InvoiceView[]; total: number }> {
    const where = `
      WHERE ${VISIBLE}
        AND ($3::text[] IS NULL OR i.state = ANY ($3))
        AND ($4::date IS NULL OR i.due_date < $4)
        AND ($5::text IS NULL OR i.number ILIKE $5 OR p.name ILIKE $5 OR c.name ILIKE $5 OR i.bill_to_name ILIKE $5
             OR a.code ILIKE $5)
        AND ($6::date IS NULL OR COALESCE(i.issued_date, i.created_at::date) >= $6)
        AND ($7::date IS NULL OR COALESCE(i.issued_date, i.created_at::date) <= $7)`;
    const values = [
      visibility.clientId,
      visibility.isCustomer,
      filter.states ?? null,
      filter.dueBefore ?? null,
      containsPattern(filter.q),
      filter.from ?? null,
      filter.to ?? null,
    ];
    const [count, page] = await Promise.all([
      this.pool.query<{ total: number }>(`SELECT count(*)::int AS total ${FROM} ${where}`, values),
      this.pool.query<InvoiceRow>(`SELECT ${COLUMNS} ${FROM} ${where} ORDER BY i.id DESC LIMIT $8 OFFSET $9`, [
        ...values,
        filter.limit,
        (filter.page - 1) * filter.limit,
      ]),
    ]);
    return { invoices: page.rows.map(fromRow), total: count.rows[0]?.total ?? 0 };
  }

  /** Null also for an invoice the caller may not see. */
  async invoice(id: number, visibility: Visibility): Promise<InvoiceView | null> {
    const { rows } = await this.pool.query<InvoiceRow>(`SELECT ${COLUMNS} ${FROM} WHERE ${VISIBLE} AND i.id = $3`, [
      visibility.clientId,
      visibility.isCustomer,
      id,
    ]);
    return rows[0] === undefined ? null : fromRow(rows[0]);
  }

  /** Lines of these invoices, in order. The caller has checked that they may be seen. */
  async lines(invoiceIds: readonly number[]): Promise<Map<number, InvoiceLine[]>> {
    const { rows } = await this.pool.query<LineRow & { invoiceId: number }>(
      `SELECT invoice_id AS "invoiceId", position, description, quantity, unit_price_minor AS "unitPriceMinor",
         tax_rate_bp AS "taxRateBasisPoints", amount_minor AS "amountMinor", tax_minor AS "taxMinor"
       FROM invoice_lines WHERE invoice_id = ANY ($1::int[]) ORDER BY invoice_id, position`,
      [invoiceIds],
    );
    const lines = new Map<number, InvoiceLine[]>(invoiceIds.map((id) => [id, []]));
    for (const { invoiceId, quantity, ...row } of rows) {
      lines.get(invoiceId)?.push({
        ...row,
        quantityThousandths: parseQuantity(quantity),
        unitPriceMinor: BigInt(row.unitPriceMinor),
        amountMinor: BigInt(row.amountMinor),
        taxMinor: BigInt(row.taxMinor),
      });
    }
    return lines;
  }

  /** What happened to one invoice, oldest first. The caller has checked that it may be seen. */
  async timeline(invoiceId: number): Promise<TimelineView[]> {
    const { rows } = await this.pool.query<Omit<TimelineView, 'amountMinor'> & { amountMinor: string | null }>(
      `SELECT id, kind, state, amount_minor AS "amountMinor", actor, data, occurred_at AS "occurredAt"
       FROM invoice_timeline WHERE invoice_id = $1 ORDER BY id`,
      [invoiceId],
    );
    return rows.map((row) => ({ ...row, amountMinor: row.amountMinor === null ? null : BigInt(row.amountMinor) }));
  }

  /** Newest invoices of one account, or of all, for the Billing Monitor. */
  async recentInvoices({
    limit,
    accountKey,
  }: {
    limit: number;
    accountKey?: string | undefined;
  }): Promise<MonitorInvoiceRow[]> {
    const { rows } = await this.pool.query<InvoiceRow>(
      `SELECT ${COLUMNS} ${FROM} WHERE ($1::text IS NULL OR i.account_key = $1) ORDER BY i.id DESC LIMIT $2`,
      [accountKey ?? null, limit],
    );
    return rows.map((row) => invoiceToMonitor(fromRow(row)));
  }
}

function fromRow(row: InvoiceRow): InvoiceView {
  return {
    ...row,
    subtotalMinor: BigInt(row.subtotalMinor),
    taxMinor: BigInt(row.taxMinor),
    totalMinor: BigInt(row.totalMinor),
    amountPaidMinor: BigInt(row.amountPaidMinor),
    amountCreditedMinor: BigInt(row.amountCreditedMinor),
  };
}
