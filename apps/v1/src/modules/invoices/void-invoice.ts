import { Injectable } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { checkVersion } from '../../editing/check-version.ts';
import type { Actor } from '../audit/actor.ts';
import { InvoiceRecorder } from './invoice-recorder.ts';
import { decideVoid } from './invoice-steps.ts';
import { InvoiceNotFoundError } from './invoice.errors.ts';
import { InvoiceStore } from './invoice.store.ts';
import type { Invoice } from './invoice.ts';

export interface VoidInput {
  readonly id: number;
  readonly version?: number | undefined;
  readonly reason: string;
}

/** Cancels an invoice nothing was paid on. */
@Injectable()
export class VoidInvoice {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly invoices: InvoiceStore,
    private readonly recorder: InvoiceRecorder,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `not_found`, `stale_version`, `invalid_transition`, `invoice_has_payments`. */
  run(actor: Actor, { id, version, reason }: VoidInput): Promise<Invoice> {
    return this.unitOfWork.run(async (tx) => {
      const unpaid = await this.invoices.lock(tx, id);
      if (unpaid === null) throw new InvoiceNotFoundError();
      checkVersion({ expected: version, actual: unpaid.version });
      const now = this.clock.now();
      const invoice = await this.invoices.update(tx, unpaid, decideVoid(unpaid, { reason, now }), now);
      await this.recorder.record(tx, invoice, { event: 'invoice_voided', actor, at: now, data: { reason } });
      return invoice;
    });
  }
}
