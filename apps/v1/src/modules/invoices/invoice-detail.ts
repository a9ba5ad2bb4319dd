import { Injectable } from '@nestjs/common';
import { Clock } from '@tandem/platform/clock';
import { dayOf } from '../../calendar/calendar.ts';
import { V1Config } from '../../config/config.ts';
import type { Visibility } from '../identity/visibility.ts';
import { PaymentQueries } from '../payments/payments.queries.ts';
import { paymentToContract } from '../payments/payment-row.ts';
import { invoiceToContract, timelineToContract } from './invoice.convert.ts';
import { InvoiceNotFoundError } from './invoice.errors.ts';
import type { InvoiceDetailRow } from './invoice-rows.ts';
import { InvoiceQueries } from './invoices.queries.ts';

/** One invoice with its lines, timeline and payments: the answer of every endpoint that works on one invoice. */
@Injectable()
export class InvoiceDetail {
  constructor(
    private readonly invoices: InvoiceQueries,
    private readonly payments: PaymentQueries,
    private readonly clock: Clock,
    private readonly config: V1Config,
  ) {}

  /** @throws DomainError `not_found`, also for an invoice the caller may not see. */
  async read(id: number, visibility: Visibility): Promise<InvoiceDetailRow> {
    const invoice = await this.invoices.invoice(id, visibility);
    if (invoice === null) throw new InvoiceNotFoundError();
    const [lines, timeline, payments] = await Promise.all([
      this.invoices.lines([id]),
      this.invoices.timeline(id),
      this.payments.ofInvoice(id),
    ]);
    const hidesActors = visibility.isCustomer;
    return {
      ...invoiceToContract(invoice, lines.get(id) ?? [], dayOf(this.clock.now(), this.config.billingTimezone)),
      timeline: timeline.map((row) => timelineToContract(row, { currency: invoice.currency, hidesActors })),
      payments: payments.map((payment) => paymentToContract(payment, { hidesActors })),
    };
  }
}
