import type { Invoice, InvoiceState } from './invoice.ts';

/** An invoice with the name people know its customer by. */
export type InvoiceView = Invoice & { readonly counterparty: string };

/** One row of an invoice's timeline. */
export interface TimelineView {
  readonly id: string;
  readonly kind: string;
  readonly state: InvoiceState;
  readonly amountMinor: bigint | null;
  readonly actor: string;
  readonly data: Record<string, unknown>;
  readonly occurredAt: Date;
}
