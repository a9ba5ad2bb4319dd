import { Injectable } from '@nestjs/common';
import type { PaymentMode, PaymentRecordedV1 } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { type Tx, UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { checkVersion } from '../../editing/check-version.ts';
import type { Currency } from '../../money/currency.ts';
import { formatMoney, InvalidMoneyError, parseMoney } from '../../money/money.ts';
import type { Actor } from '../audit/actor.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { invoiceFacts } from '../invoices/invoice-facts.ts';
import { InvoiceSettlement } from '../invoices/invoice-settlement.ts';
import type { Invoice } from '../invoices/invoice.ts';
import { Outbox } from '../studio-link/outbox.ts';
import { KEYLESS_REPEAT_WINDOW_MS, type Payment, paymentDigest, type PaymentRequest } from './payment.ts';
import { PaymentStore } from './payment.store.ts';

/** Clocks of senders differ a little; more than this is a wrong date. */
const FUTURE_TOLERANCE_MS = 5 * 60_000;

export interface RecordPaymentInput {
  readonly invoiceId: number;
  /** Major units in the invoice's currency. */
  readonly amount: string;
  readonly mode: PaymentMode;
  readonly referenceNo: string | null;
  /** Null: now. */
  readonly paidAt: Date | null;
  readonly idempotencyKey: string | null;
  /** Version of the invoice the caller saw. */
  readonly version?: number | undefined;
}

export interface RecordedPayment {
  readonly payment: Payment;
  /** True when this request repeated an earlier one and moved nothing. */
  readonly isReplay: boolean;
}

/** Notes money that came in for an invoice, once per key and never more than is due. */
@Injectable()
export class RecordPayment {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly payments: PaymentStore,
    private readonly settlement: InvoiceSettlement,
    private readonly audit: AuditTrail,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `not_found`, `stale_version`, `invalid_transition`, `payment_exceeds_due`,
   * `idempotency_key_reused`, `validation_failed`.
   */
  run(actor: Actor, input: RecordPaymentInput): Promise<RecordedPayment> {
    return this.unitOfWork.run((tx) => this.within(tx, actor, input));
  }

  /** The same inside a transaction of the caller. */
  async within(tx: Tx, actor: Actor, input: RecordPaymentInput): Promise<RecordedPayment> {
    const invoice = await this.settlement.lock(tx, input.invoiceId);
    const request = { ...input, amountMinor: readAmount(input.amount, invoice.currency) };
    const now = this.clock.now();
    if (input.paidAt !== null && input.paidAt.getTime() > now.getTime() + FUTURE_TOLERANCE_MS) {
      throw new ValidationError([{ path: 'paid_at', message: 'paid_at must not be in the future' }]);
    }
    // Before version, state and amount: a repeat must get its first answer although the invoice has changed since.
    const earlier = await this.findEarlier(tx, request, now);
    if (earlier !== null) return { payment: earlier, isReplay: true };
    checkVersion({ expected: input.version, actual: invoice.version });
    const payment = await this.payments.insert(tx, {
      invoiceId: invoice.id,
      amountMinor: request.amountMinor,
      currency: invoice.currency,
      mode: input.mode,
      referenceNo: input.referenceNo,
      paidAt: input.paidAt ?? now,
      idempotencyKey: input.idempotencyKey,
      requestDigest: paymentDigest(request),
      recordedBy: actor.label,
      recordedAt: now,
    });
    await this.settle(tx, actor, invoice, payment);
    return { payment, isReplay: false };
  }

  /** The payment this request repeats, read under the invoice's lock so that two repeats at once see each other. */
  private async findEarlier(
    tx: Tx,
    request: PaymentRequest & Pick<RecordPaymentInput, 'invoiceId' | 'idempotencyKey'>,
    now: Date,
  ): Promise<Payment | null> {
    const { invoiceId, idempotencyKey } = request;
    const requestDigest = paymentDigest(request);
    if (idempotencyKey === null) {
      const since = new Date(now.getTime() - KEYLESS_REPEAT_WINDOW_MS);
      return this.payments.findAlike(tx, { invoiceId, requestDigest, since });
    }
    const earlier = await this.payments.findByKey(tx, invoiceId, idempotencyKey);
    if (earlier !== null && earlier.requestDigest !== requestDigest) {
      throw new DomainError('idempotency_key_reused', 'The idempotency key was used for a different payment.');
    }
    return earlier;
  }

  private async settle(tx: Tx, actor: Actor, locked: Invoice, payment: Payment): Promise<void> {
    const at = payment.recordedAt;
    const { invoice, isFirstFullPayment } = await this.settlement.applyPayment(tx, locked, {
      paymentId: payment.id,
      amountMinor: payment.amountMinor,
      paidAt: payment.paidAt,
      actor,
      at,
    });
    const payload: PaymentRecordedV1 = { ...invoiceFacts(invoice, at), payment: paymentFacts(payment) };
    await this.audit.record(tx, {
      eventType: 'payment_recorded',
      actor,
      customerId: invoice.clientId,
      data: { invoice_id: invoice.id, invoice_number: invoice.number, state: invoice.state, ...payload.payment },
    });
    const event = { accountKey: invoice.accountKey, payload, occurredAt: at };
    await this.outbox.addEvent(tx, {
      ...event,
      type: 'payment_recorded',
      idempotencyKey: `v1:payment_recorded:${invoice.id}:${payment.id}`,
    });
    if (!isFirstFullPayment) return;
    await this.outbox.addEvent(tx, { ...event, type: 'invoice_paid', idempotencyKey: `v1:invoice_paid:${invoice.id}` });
  }
}

function paymentFacts(payment: Payment): PaymentRecordedV1['payment'] {
  return {
    payment_id: payment.id,
    paid_at: payment.paidAt.toISOString(),
    amount: formatMoney(payment.amountMinor, payment.currency),
    mode: payment.mode,
    reference_no: payment.referenceNo,
  };
}

function readAmount(amount: string, currency: Currency): bigint {
  try {
    const minor = parseMoney(amount, currency);
    if (minor > 0n) return minor;
  } catch (error) {
    if (!(error instanceof InvalidMoneyError)) throw error;
    throw new ValidationError([{ path: 'amount', message: `amount ${error.message}` }]);
  }
  throw new ValidationError([{ path: 'amount', message: 'amount must be more than zero' }]);
}
