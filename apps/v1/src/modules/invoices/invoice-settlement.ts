import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { Actor } from '../audit/actor.ts';
import { decidePayment } from './invoice-steps.ts';
import { InvoiceNotFoundError } from './invoice.errors.ts';
import { InvoiceStore } from './invoice.store.ts';
import type { Invoice } from './invoice.ts';

export interface ReceivedMoney {
  readonly paymentId: number;
  readonly amountMinor: bigint;
  readonly paidAt: Date;
  readonly actor: Actor;
  /** When we noted it. */
  readonly at: Date;
}

/** The way money from other modules reaches an invoice. */
@Injectable()
export class InvoiceSettlement {
  constructor(private readonly invoices: InvoiceStore) {}

  /**
   * Locks the invoice until the transaction ends: what is due cannot change between the decision and the write.
   * @throws DomainError `not_found`.
   */
  async lock(tx: Tx, invoiceId: number): Promise<Invoice> {
    const invoice = await this.invoices.lock(tx, invoiceId);
    if (invoice === null) throw new InvoiceNotFoundError();
    return invoice;
  }

  /**
   * Adds received money to a locked invoice. `isFirstFullPayment` is true once in its life.
   * @throws DomainError `invalid_transition`, `payment_exceeds_due`.
   */
  async applyPayment(
    tx: Tx,
    locked: Invoice,
    { paymentId, amountMinor, paidAt, actor, at }: ReceivedMoney,
  ): Promise<{ invoice: Invoice; isFirstFullPayment: boolean }> {
    const { change, isFirstFullPayment } = decidePayment(locked, { amountMinor, paidAt });
    const invoice = await this.invoices.update(tx, locked, change, at);
    const entry = { actor: actor.label, occurredAt: at, data: { payment_id: paymentId } };
    await this.invoices.addTimeline(tx, invoice, { ...entry, kind: 'payment_recorded', amountMinor });
    if (invoice.state === 'PAID') {
      await this.invoices.addTimeline(tx, invoice, { ...entry, kind: 'paid', amountMinor: invoice.totalMinor });
    }
    return { invoice, isFirstFullPayment };
  }
}
