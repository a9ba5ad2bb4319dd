import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { formatMoney } from '../../money/money.ts';
import type { Actor } from '../audit/actor.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { Outbox } from '../studio-link/outbox.ts';
import { invoiceFacts } from './invoice-facts.ts';
import { InvoiceStore } from './invoice.store.ts';
import type { Invoice } from './invoice.ts';

export interface InvoiceStep {
  readonly event: 'invoice_created' | 'invoice_issued' | 'invoice_sent' | 'invoice_voided';
  readonly actor: Actor;
  readonly at: Date;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The three records every step of an invoice leaves: its timeline, the audit trail and the event for Studio. */
@Injectable()
export class InvoiceRecorder {
  constructor(
    private readonly invoices: InvoiceStore,
    private readonly audit: AuditTrail,
    private readonly outbox: Outbox,
  ) {}

  async record(tx: Tx, invoice: Invoice, { event, actor, at, data = {} }: InvoiceStep): Promise<void> {
    await this.invoices.addTimeline(tx, invoice, {
      kind: event.replace('invoice_', ''),
      actor: actor.label,
      occurredAt: at,
      amountMinor: invoice.totalMinor,
      data,
    });
    await this.audit.record(tx, {
      eventType: event,
      actor,
      customerId: invoice.clientId,
      data: {
        invoice_id: invoice.id,
        invoice_number: invoice.number,
        state: invoice.state,
        total_amount: formatMoney(invoice.totalMinor, invoice.currency),
        currency: invoice.currency,
        ...data,
      },
    });
    // Last, because it locks the account's lane until the commit.
    await this.outbox.addEvent(tx, {
      accountKey: invoice.accountKey,
      type: event,
      payload: invoiceFacts(invoice, at),
      // From the business fact alone: each of these steps happens once to an invoice.
      idempotencyKey: `v1:${event}:${invoice.id}`,
      occurredAt: at,
    });
  }
}
