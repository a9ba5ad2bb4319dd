import { Injectable } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import { type Tx, UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { type Day, dayOf } from '../../calendar/calendar.ts';
import { V1Config } from '../../config/config.ts';
import { checkVersion } from '../../editing/check-version.ts';
import type { Actor } from '../audit/actor.ts';
import { financialYearOf } from './invoice-number.ts';
import { InvoiceRecorder } from './invoice-recorder.ts';
import { decideIssue } from './invoice-steps.ts';
import { InvoiceNotFoundError } from './invoice.errors.ts';
import { InvoiceStore } from './invoice.store.ts';
import type { Invoice } from './invoice.ts';

export interface IssueInput {
  readonly id: number;
  readonly version?: number | undefined;
  /** Wins over the terms. */
  readonly dueDate?: Day | undefined;
  readonly paymentTermsDays?: number | undefined;
}

/** Gives a draft its number and due date: from now on it is owed. */
@Injectable()
export class IssueInvoice {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly invoices: InvoiceStore,
    private readonly recorder: InvoiceRecorder,
    private readonly clock: Clock,
    private readonly config: V1Config,
  ) {}

  /** @throws DomainError `not_found`, `stale_version`, `invalid_transition`, `validation_failed`. */
  run(actor: Actor, input: IssueInput): Promise<Invoice> {
    return this.unitOfWork.run((tx) => this.within(tx, actor, input));
  }

  /** The same inside a transaction of the caller. */
  async within(tx: Tx, actor: Actor, input: IssueInput): Promise<Invoice> {
    const draft = await this.invoices.lock(tx, input.id);
    if (draft === null) throw new InvoiceNotFoundError();
    checkVersion({ expected: input.version, actual: draft.version });
    const now = this.clock.now();
    const change = decideIssue(draft, { ...input, today: dayOf(now, this.config.billingTimezone) });
    const financialYear = financialYearOf(change.issuedDate, this.config.invoiceFinancialYearStartMonth);
    const number = await this.invoices.takeNumber(tx, { series: draft.series, financialYear });
    const invoice = await this.invoices.update(tx, draft, { ...change, number, financialYear }, now);
    await this.recorder.record(tx, invoice, { event: 'invoice_issued', actor, at: now });
    return invoice;
  }
}
