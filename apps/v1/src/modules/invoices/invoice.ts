import type { Day } from '../../calendar/calendar.ts';
import { divideHalfEven } from '../../money/money.ts';
import type { Currency } from '../../money/currency.ts';
import type { ExternalKey } from '@tandem/contracts';

export const INVOICE_STATES = ['DRAFT', 'ISSUED', 'SENT', 'PARTIALLY_PAID', 'PAID', 'VOID'] as const;
export type InvoiceState = (typeof INVOICE_STATES)[number];

/** Words existing consoles know (CONTRACT 2.2). We have no way into `uncollectible`, but may be asked for it. */
export const INVOICE_STATUSES = ['draft', 'open', 'paid', 'void', 'uncollectible'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

export interface InvoiceLine {
  readonly position: number;
  readonly description: string;
  /** Thousandths of a piece, so that 1.5 is exact. */
  readonly quantityThousandths: bigint;
  readonly unitPriceMinor: bigint;
  /** Hundredths of a percent: 1800 is 18 %. */
  readonly taxRateBasisPoints: number;
  readonly amountMinor: bigint;
  readonly taxMinor: bigint;
}

export type UnpricedLine = Omit<InvoiceLine, 'position' | 'amountMinor' | 'taxMinor'>;

export interface Invoice {
  readonly id: number;
  /** Given at issue, never changed. */
  readonly number: string | null;
  readonly series: string;
  readonly financialYear: number | null;
  readonly clientId: number | null;
  readonly partnerId: number | null;
  readonly assignmentId: number | null;
  readonly billToName: string | null;
  /** Stamped at creation: later changes of client or partner do not move the invoice to another account. */
  readonly accountKey: ExternalKey;
  readonly currency: Currency;
  readonly state: InvoiceState;
  readonly subtotalMinor: bigint;
  readonly taxMinor: bigint;
  readonly totalMinor: bigint;
  readonly amountPaidMinor: bigint;
  readonly amountCreditedMinor: bigint;
  readonly periodStart: Day | null;
  readonly periodEnd: Day | null;
  readonly issuedDate: Day | null;
  readonly dueDate: Day | null;
  readonly paymentTermsDays: number;
  readonly sentAt: Date | null;
  readonly paidAt: Date | null;
  readonly voidedAt: Date | null;
  readonly voidReason: string | null;
  readonly memo: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Columns one decision changes. Version and `updatedAt` follow by themselves. */
export type InvoiceChange = Partial<
  Pick<
    Invoice,
    | 'number'
    | 'financialYear'
    | 'state'
    | 'amountPaidMinor'
    | 'issuedDate'
    | 'dueDate'
    | 'sentAt'
    | 'paidAt'
    | 'voidedAt'
    | 'voidReason'
  >
>;

export interface PricedLines {
  readonly lines: readonly InvoiceLine[];
  readonly subtotalMinor: bigint;
  readonly taxMinor: bigint;
  readonly totalMinor: bigint;
}

/**
 * Prices lines. Amount and tax are rounded half-even on each line, and totals are sums of rounded lines: so the printed
 * lines always add up to the printed total.
 */
export function priceLines(lines: readonly UnpricedLine[]): PricedLines {
  const priced = lines.map((line, index): InvoiceLine => {
    const amountMinor = divideHalfEven(line.quantityThousandths * line.unitPriceMinor, 1000n);
    const taxMinor = divideHalfEven(amountMinor * BigInt(line.taxRateBasisPoints), 10_000n);
    return { ...line, position: index + 1, amountMinor, taxMinor };
  });
  const subtotalMinor = priced.reduce((sum, line) => sum + line.amountMinor, 0n);
  const taxMinor = priced.reduce((sum, line) => sum + line.taxMinor, 0n);
  return { lines: priced, subtotalMinor, taxMinor, totalMinor: subtotalMinor + taxMinor };
}

/** What is still owed: total - paid - credited. Nothing is owed on a void invoice. */
export function amountDueMinor(
  invoice: Pick<Invoice, 'state' | 'totalMinor' | 'amountPaidMinor' | 'amountCreditedMinor'>,
): bigint {
  if (invoice.state === 'VOID') return 0n;
  return invoice.totalMinor - invoice.amountPaidMinor - invoice.amountCreditedMinor;
}

/** The console's word for a state. */
export function statusOf(state: InvoiceState): InvoiceStatus {
  switch (state) {
    case 'DRAFT':
      return 'draft';
    case 'ISSUED':
    case 'SENT':
    case 'PARTIALLY_PAID':
      return 'open';
    case 'PAID':
      return 'paid';
    case 'VOID':
      return 'void';
  }
}

/** States behind a console status. */
export function statesOf(status: InvoiceStatus): readonly InvoiceState[] {
  return INVOICE_STATES.filter((state) => statusOf(state) === status);
}

/** Overdue is derived, never stored: an open invoice whose due day is over. */
export function isOverdue(invoice: Pick<Invoice, 'state' | 'dueDate'>, today: Day): boolean {
  return statusOf(invoice.state) === 'open' && invoice.dueDate !== null && invoice.dueDate < today;
}
