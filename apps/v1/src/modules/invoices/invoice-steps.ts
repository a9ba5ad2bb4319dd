import { DomainError, ValidationError } from '@tandem/platform/errors';
import { formatMoney } from '../../money/money.ts';
import { addDays, type Day } from '../../calendar/calendar.ts';
import { InvalidInvoiceTransitionError, InvoiceHasPaymentsError, PaymentExceedsDueError } from './invoice.errors.ts';
import { amountDueMinor, type Invoice, type InvoiceChange } from './invoice.ts';

/** DRAFT to ISSUED. The number is given by the caller afterwards, so that a refusal uses none. */
export function decideIssue(
  invoice: Invoice,
  {
    today,
    dueDate,
    paymentTermsDays,
  }: { today: Day; dueDate?: Day | undefined; paymentTermsDays?: number | undefined },
): InvoiceChange & { issuedDate: Day } {
  if (invoice.state !== 'DRAFT') throw new InvalidInvoiceTransitionError({ step: 'issue', state: invoice.state });
  const due = dueDate ?? dueFromTerms(invoice, { today, paymentTermsDays });
  if (due < today) {
    throw new ValidationError([{ path: 'due_date', message: `due_date must not be before the issue date ${today}` }]);
  }
  return { state: 'ISSUED', issuedDate: today, dueDate: due };
}

/** Terms given now replace a due date set on the draft; otherwise the draft's date, else its terms, decide. */
function dueFromTerms(
  invoice: Invoice,
  { today, paymentTermsDays }: { today: Day; paymentTermsDays?: number | undefined },
): Day {
  if (paymentTermsDays !== undefined) return addDays(today, paymentTermsDays);
  return invoice.dueDate ?? addDays(today, invoice.paymentTermsDays);
}

/** ISSUED to SENT. A part-paid or paid invoice that was never sent may still be sent; its state stays. */
export function decideSend(invoice: Invoice, now: Date): InvoiceChange {
  const isIssued = invoice.state !== 'DRAFT' && invoice.state !== 'VOID';
  if (!isIssued || invoice.sentAt !== null) {
    throw new InvalidInvoiceTransitionError({ step: 'send', state: invoice.state });
  }
  return { sentAt: now, state: invoice.state === 'ISSUED' ? 'SENT' : invoice.state };
}

/** Any unpaid state to VOID. A number once given stays with the void invoice: the series has no gap. */
export function decideVoid(invoice: Invoice, { reason, now }: { reason: string; now: Date }): InvoiceChange {
  if (invoice.state === 'VOID') throw new InvalidInvoiceTransitionError({ step: 'void', state: invoice.state });
  if (invoice.amountPaidMinor > 0n || invoice.amountCreditedMinor > 0n) throw new InvoiceHasPaymentsError();
  return { state: 'VOID', voidedAt: now, voidReason: reason };
}

/** Adds money to an owed invoice, never more than is due. `isFirstFullPayment` is true once in an invoice's life. */
export function decidePayment(
  invoice: Invoice,
  { amountMinor, paidAt }: { amountMinor: bigint; paidAt: Date },
): { change: InvoiceChange; isFirstFullPayment: boolean } {
  if (invoice.state === 'DRAFT' || invoice.state === 'VOID') {
    throw new InvalidInvoiceTransitionError({ step: 'pay', state: invoice.state });
  }
  if (amountMinor <= 0n) throw new DomainError('bad_request', 'The amount of a payment must be more than zero.');
  const due = amountDueMinor(invoice);
  if (amountMinor > due) {
    throw new PaymentExceedsDueError({
      amount: formatMoney(amountMinor, invoice.currency),
      amount_due: formatMoney(due, invoice.currency),
      currency: invoice.currency,
    });
  }
  const amountPaidMinor = invoice.amountPaidMinor + amountMinor;
  if (amountMinor < due) return { change: { amountPaidMinor, state: 'PARTIALLY_PAID' }, isFirstFullPayment: false };
  // A refund may re-open the debt later; the first time it was paid is kept.
  const isFirstFullPayment = invoice.paidAt === null;
  return { change: { amountPaidMinor, state: 'PAID', paidAt: invoice.paidAt ?? paidAt }, isFirstFullPayment };
}
