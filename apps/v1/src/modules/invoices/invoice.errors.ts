import { DomainError } from '@tandem/platform/errors';
import type { InvoiceState } from './invoice.ts';

/** Also for an invoice of another customer: the caller cannot tell the two apart. */
export class InvoiceNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'Invoice not found.');
  }
}

/** The invoice is in a state from which this step does not exist. */
export class InvalidInvoiceTransitionError extends DomainError {
  constructor({ step, state }: { step: 'issue' | 'send' | 'void' | 'pay'; state: InvoiceState }) {
    super('invalid_transition', `Cannot ${step} an invoice that is ${state}.`, { state });
  }
}

/** Money came in or was credited, so the invoice can no longer be cancelled. */
export class InvoiceHasPaymentsError extends DomainError {
  constructor() {
    super('invoice_has_payments', 'The invoice has payments or credits and cannot be voided.');
  }
}

/** More money than is owed. Amounts are decimal strings in major units. */
export class PaymentExceedsDueError extends DomainError {
  constructor(details: { amount: string; amount_due: string; currency: string }) {
    super(
      'payment_exceeds_due',
      `The payment exceeds the amount due of ${details.amount_due} ${details.currency}.`,
      details,
    );
  }
}
