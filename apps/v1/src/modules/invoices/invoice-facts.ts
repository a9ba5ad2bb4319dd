import type { InvoiceFacts } from '@tandem/contracts';
import { formatMoney } from '../../money/money.ts';
import { amountDueMinor, type Invoice } from './invoice.ts';

/** What every event about an invoice tells Studio (CONTRACT 1.6). */
export function invoiceFacts(invoice: Invoice, emittedAt: Date): InvoiceFacts {
  const money = (minor: bigint) => formatMoney(minor, invoice.currency);
  return {
    invoice_id: invoice.id,
    invoice_number: invoice.number,
    assignment_id: invoice.assignmentId,
    partner_id: invoice.partnerId,
    client_id: invoice.clientId,
    status: invoice.state,
    currency: invoice.currency,
    issued_date: invoice.issuedDate,
    due_date: invoice.dueDate,
    sent_at: invoice.sentAt?.toISOString() ?? null,
    paid_at: invoice.paidAt?.toISOString() ?? null,
    total_amount: money(invoice.totalMinor),
    amount_paid: money(invoice.amountPaidMinor),
    amount_due: money(amountDueMinor(invoice)),
    amount_credited: money(invoice.amountCreditedMinor),
    event_emitted_at: emittedAt.toISOString(),
  };
}
