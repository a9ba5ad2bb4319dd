import { ValidationError } from '@tandem/platform/errors';
import type { Day } from '../../calendar/calendar.ts';
import type { Currency } from '../../money/currency.ts';
import { InvalidMoneyError, parseMoney, toMajorNumber } from '../../money/money.ts';
import type { NewInvoice } from './create-invoice.ts';
import type { InvoiceView, TimelineView } from './invoice-view.ts';
import type { CreateInvoiceBody } from './invoice.dto.ts';
import type { InvoiceLineRow, InvoiceRow, InvoiceTimelineRow, MonitorInvoiceRow } from './invoice-rows.ts';
import { amountDueMinor, type InvoiceLine, isOverdue, statusOf, type UnpricedLine } from './invoice.ts';
import { formatQuantity, parseQuantity } from './quantity.ts';

const CURRENCY_DEFAULT: Currency = 'INR';

/**
 * Reads the body of a creation.
 * @throws ValidationError for a price with more decimals than the currency has.
 */
export function newInvoiceFromContract(body: CreateInvoiceBody): NewInvoice {
  const currency = body.currency ?? CURRENCY_DEFAULT;
  return {
    clientId: body.client_id,
    partnerId: body.partner_id,
    assignmentId: body.assignment_id,
    billToName: body.bill_to_name,
    currency,
    lines: body.lines.map((line, index) => lineFromContract(line, { currency, path: `lines.${index}.unit_price` })),
    periodStart: body.period_start,
    periodEnd: body.period_end,
    dueDate: body.due_date,
    paymentTermsDays: body.payment_terms_days,
    memo: body.memo,
  };
}

function lineFromContract(
  line: CreateInvoiceBody['lines'][number],
  { currency, path }: { currency: Currency; path: string },
): UnpricedLine {
  try {
    return {
      description: line.description,
      quantityThousandths: parseQuantity(line.quantity ?? '1'),
      unitPriceMinor: parseMoney(line.unit_price, currency),
      taxRateBasisPoints: line.tax_rate_bp ?? 0,
    };
  } catch (error) {
    if (!(error instanceof InvalidMoneyError)) throw error;
    throw new ValidationError([{ path, message: `unit_price ${error.message}` }]);
  }
}

/** An invoice in the shape of CONTRACT 2.2. `today` decides whether it is overdue. */
export function invoiceToContract(invoice: InvoiceView, lines: readonly InvoiceLine[], today: Day): InvoiceRow {
  const day = invoice.issuedDate ?? invoice.createdAt.toISOString().slice(0, 10);
  return {
    id: String(invoice.id),
    invoice_id: invoice.id,
    invoice_number: invoice.number,
    customer_id: invoice.clientId === null ? null : String(invoice.clientId),
    client_id: invoice.clientId,
    partner_id: invoice.partnerId,
    assignment_id: invoice.assignmentId,
    counterparty: invoice.counterparty,
    external_key: invoice.accountKey,
    ...amountsToContract(invoice),
    currency: invoice.currency,
    status: statusOf(invoice.state),
    state: invoice.state,
    is_overdue: isOverdue(invoice, today),
    period_start: invoice.periodStart ?? day,
    period_end: invoice.periodEnd ?? day,
    issued_date: invoice.issuedDate,
    due_date: invoice.dueDate,
    payment_terms_days: invoice.paymentTermsDays,
    sent_at: invoice.sentAt?.toISOString() ?? null,
    paid_at: invoice.paidAt?.toISOString() ?? null,
    voided_at: invoice.voidedAt?.toISOString() ?? null,
    void_reason: invoice.voidReason,
    memo: invoice.memo,
    stripe_invoice_id: null,
    pdf_url: null,
    version: invoice.version,
    created_at: invoice.createdAt.toISOString(),
    updated_at: invoice.updatedAt.toISOString(),
    line_items: lines.map((line) => lineToContract(line, invoice.currency)),
  };
}

function amountsToContract(invoice: InvoiceView) {
  const major = (minor: bigint) => toMajorNumber(minor, invoice.currency);
  const due = amountDueMinor(invoice);
  return {
    amount: major(invoice.totalMinor),
    amount_cents: Number(invoice.totalMinor),
    subtotal_cents: Number(invoice.subtotalMinor),
    tax_cents: Number(invoice.taxMinor),
    amount_paid: major(invoice.amountPaidMinor),
    amount_paid_cents: Number(invoice.amountPaidMinor),
    amount_due: major(due),
    amount_due_cents: Number(due),
    amount_credited: major(invoice.amountCreditedMinor),
    amount_credited_cents: Number(invoice.amountCreditedMinor),
  };
}

function lineToContract(line: InvoiceLine, currency: Currency): InvoiceLineRow {
  return {
    description: line.description,
    quantity: Number(formatQuantity(line.quantityThousandths)),
    unit_amount: toMajorNumber(line.unitPriceMinor, currency),
    unit_amount_cents: Number(line.unitPriceMinor),
    amount: toMajorNumber(line.amountMinor, currency),
    amount_cents: Number(line.amountMinor),
    tax_rate_bp: line.taxRateBasisPoints,
    tax_cents: Number(line.taxMinor),
  };
}

/** A timeline row. Customers are not told who of the staff did it. */
export function timelineToContract(
  row: TimelineView,
  { currency, hidesActors }: { currency: Currency; hidesActors: boolean },
): InvoiceTimelineRow {
  return {
    kind: row.kind,
    state: row.state,
    amount: row.amountMinor === null ? null : toMajorNumber(row.amountMinor, currency),
    amount_cents: row.amountMinor === null ? null : Number(row.amountMinor),
    actor: hidesActors ? 'staff' : row.actor,
    data: row.data,
    occurred_at: row.occurredAt.toISOString(),
  };
}

/** An invoice on the Billing Monitor (CONTRACT 1.7). */
export function invoiceToMonitor(invoice: InvoiceView): MonitorInvoiceRow {
  return {
    invoice_id: invoice.id,
    invoice_no: invoice.number,
    counterparty: invoice.counterparty,
    amount: toMajorNumber(invoice.totalMinor, invoice.currency),
    currency: invoice.currency,
    status: invoice.state,
    due_date: invoice.dueDate,
    paid_date: invoice.paidAt?.toISOString() ?? null,
    issued_date: invoice.issuedDate,
    external_key: invoice.accountKey,
  };
}
