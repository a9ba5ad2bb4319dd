import { Injectable } from '@nestjs/common';
import { accountKeyFor } from '@tandem/contracts';
import { Clock } from '@tandem/platform/clock';
import { type Tx, UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { ValidationError } from '@tandem/platform/errors';
import type { Day } from '../../calendar/calendar.ts';
import type { Currency } from '../../money/currency.ts';
import { AMOUNT_MINOR_MAX } from '../../money/money.ts';
import type { Actor } from '../audit/actor.ts';
import { DirectoryQueries } from '../directory/directory.queries.ts';
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

type BilledTo = Pick<Invoice, 'clientId' | 'partnerId' | 'assignmentId'>;

/** Makes a draft. */
@Injectable()
export class CreateInvoice {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly invoices: InvoiceStore,
    private readonly directory: DirectoryQueries,
    private readonly recorder: InvoiceRecorder,
    private readonly clock: Clock,
  ) {}

  /** @throws ValidationError for unknown references, no one to bill, or a total of zero or too much. */
  run(actor: Actor, input: NewInvoice): Promise<Invoice> {
    return this.unitOfWork.run((tx) => this.within(tx, actor, input));
  }

  /** The same inside a transaction of the caller. */
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

  private async resolveBilledTo(tx: Tx, input: NewInvoice): Promise<BilledTo> {
    await this.directory.requireParties(tx, input);
    const assignmentId = input.assignmentId ?? null;
    const assignment = assignmentId === null ? null : await this.directory.assignmentById(tx, assignmentId);
    if (assignmentId !== null && assignment === null) {
      throw refused('assignment_id', 'assignment_id does not name an assignment');
    }
    const clientId = input.clientId === undefined ? (assignment?.clientId ?? null) : input.clientId;
    const partnerId = input.partnerId === undefined ? (assignment?.partnerId ?? null) : input.partnerId;
    // Work of one client on another client's invoice would show it to a stranger.
    if (assignment?.clientId != null && clientId !== assignment.clientId) {
      throw refused('assignment_id', 'the assignment belongs to another client');
    }
    if (clientId === null && partnerId === null && assignmentId === null && input.billToName == null) {
      throw refused('bill_to_name', 'give a client, a partner, an assignment or a name to bill to');
    }
    return { clientId, partnerId, assignmentId };
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
