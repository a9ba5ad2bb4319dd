import { Injectable } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { checkVersion } from '../../editing/check-version.ts';
import type { Actor } from '../audit/actor.ts';
import { InvoiceRecorder } from './invoice-recorder.ts';
import { decideSend } from './invoice-steps.ts';
import { InvoiceNotFoundError } from './invoice.errors.ts';
import { InvoiceStore } from './invoice.store.ts';
import type { Invoice } from './invoice.ts';

/** Notes that an issued invoice went to the customer. */
@Injectable()
export class SendInvoice {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly invoices: InvoiceStore,
    private readonly recorder: InvoiceRecorder,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `not_found`, `stale_version`, `invalid_transition`. */
  run(actor: Actor, { id, version }: { id: number; version?: number | undefined }): Promise<Invoice> {
    return this.unitOfWork.run(async (tx) => {
      const issued = await this.invoices.lock(tx, id);
      if (issued === null) throw new InvoiceNotFoundError();
      checkVersion({ expected: version, actual: issued.version });
      const now = this.clock.now();
      const invoice = await this.invoices.update(tx, issued, decideSend(issued, now), now);
      await this.recorder.record(tx, invoice, { event: 'invoice_sent', actor, at: now });
      return invoice;
    });
  }
}
