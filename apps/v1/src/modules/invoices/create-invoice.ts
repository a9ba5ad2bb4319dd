import { Injectable } from '@nestjs/common';
import { accountKeyFor } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { type Tx, UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { ValidationError } from '@tandem/platform/errors';
import type { Day } from '../../calendar/calendar.ts';
import { type Created, CreateOnce } from '../../creating/create-once.ts';
import type { Currency } from '../../money/currency.ts';
import { AMOUNT_MINOR_MAX } from '../../money/money.ts';
import type { Actor } from '../audit/actor.ts';
import { DirectoryQueries, type DocumentParties } from '../directory/directory.queries.ts';
import { INVOICE_SERIES } from './invoice-number.ts';
import { InvoiceRecorder } from './invoice-recorder.ts';
import { InvoiceStore } from './invoice.store.ts';
import { type Invoice, priceLines, type PricedLines, type UnpricedLine } from './invoice.ts';

/** CONTRACT 1.2: the default of every account. */
export const PAYMENT_TERMS_DAYS_DEFAULT = 15;

export interface NewInvoice {
  /** Undefined takes the assignment's, null means none. */
  readonly clientId?: number | null | undefined;
  readonly partnerId?: number | null | undefined;
  readonly assignmentId?: number | null | undefined;
  readonly billToName?: string | null | undefined;
  readonly currency: Currency;
  readonly lines: readonly UnpricedLine[];
  readonly periodStart?: Day | null | undefined;
  readonly periodEnd?: Day | null | undefined;
  /** Wins over the terms. */
  readonly dueDate?: Day | null | undefined;
  readonly paymentTermsDays?: number | undefined;
  readonly memo?: string | null | undefined;
}

/** Makes a draft. */
@Injectable()
export class CreateInvoice {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly invoices: InvoiceStore,
    private readonly directory: DirectoryQueries,
    private readonly recorder: InvoiceRecorder,
    private readonly createOnce: CreateOnce,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes the draft a request asks for, once: a repeat gets the first draft.
   * @throws DomainError `idempotency_key_reused`, and as `within`.
   */
  run(actor: Actor, input: NewInvoice, idempotencyKey: string | null): Promise<Created> {
    const creation = { operation: 'create_invoice', idempotencyKey, request: input } as const;
    return this.unitOfWork.run((tx) =>
      this.createOnce.run(tx, actor, creation, async () => (await this.within(tx, actor, input)).id),
    );
  }

  /**
   * Makes a draft inside a transaction of the caller.
   * @throws ValidationError for unknown references, no one to bill, or a total of zero or too much.
   */
  async within(tx: Tx, actor: Actor, input: NewInvoice): Promise<Invoice> {
    const billedTo = await this.resolveBilledTo(tx, input);
    const priced = priceWithinLimits(input.lines);
    const id = await this.invoices.nextId(tx);
    const now = this.clock.now();
    const invoice: Invoice = {
      ...draftDefaults,
      ...billedTo,
      id,
      accountKey: accountKeyFor({ ...billedTo, invoiceId: id }),
      billToName: input.billToName ?? null,
      currency: input.currency,
      subtotalMinor: priced.subtotalMinor,
      taxMinor: priced.taxMinor,
      totalMinor: priced.totalMinor,
      periodStart: input.periodStart ?? null,
      periodEnd: input.periodEnd ?? null,
      dueDate: input.dueDate ?? null,
      paymentTermsDays: input.paymentTermsDays ?? PAYMENT_TERMS_DAYS_DEFAULT,
      memo: input.memo ?? null,
      createdAt: now,
      updatedAt: now,
    };
    await this.invoices.insert(tx, invoice, priced.lines);
    await this.recorder.record(tx, invoice, { event: 'invoice_created', actor, at: now });
    return invoice;
  }

  private async resolveBilledTo(tx: Tx, input: NewInvoice): Promise<DocumentParties> {
    const parties = await this.directory.resolveParties(tx, input);
    const isNobody = parties.clientId === null && parties.partnerId === null && parties.assignmentId === null;
    if (isNobody && input.billToName == null) {
      throw refused('bill_to_name', 'give a client, a partner, an assignment or a name to bill to');
    }
    return parties;
  }
}

const draftDefaults = {
  series: INVOICE_SERIES,
  number: null,
  financialYear: null,
  state: 'DRAFT',
  amountPaidMinor: 0n,
  amountCreditedMinor: 0n,
  issuedDate: null,
  sentAt: null,
  paidAt: null,
  voidedAt: null,
  voidReason: null,
  version: 1,
} as const satisfies Partial<Invoice>;

function priceWithinLimits(lines: readonly UnpricedLine[]): PricedLines {
  const priced = priceLines(lines);
  if (priced.totalMinor <= 0n) throw refused('lines', 'the total must be more than zero');
  if (priced.totalMinor > AMOUNT_MINOR_MAX) throw refused('lines', 'the total is too large');
  return priced;
}

function refused(path: string, message: string): ValidationError {
  return new ValidationError([{ path, message }]);
}
