import { Module } from '@nestjs/common';
import { CreateOnce } from '../../creating/create-once.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { DirectoryModule } from '../directory/directory.module.ts';
import { PaymentQueriesModule } from '../payments/payment-queries.module.ts';
import { StudioLinkModule } from '../studio-link/studio-link.module.ts';
import { CreateInvoice } from './create-invoice.ts';
import { InvoiceDetail } from './invoice-detail.ts';
import { InvoiceRecorder } from './invoice-recorder.ts';
import { InvoiceSettlement } from './invoice-settlement.ts';
import { InvoiceStore } from './invoice.store.ts';
import { InvoicesController } from './invoices.controller.ts';
import { InvoiceQueries } from './invoices.queries.ts';
import { IssueInvoice } from './issue-invoice.ts';
import { SendInvoice } from './send-invoice.ts';
import { VoidInvoice } from './void-invoice.ts';

@Module({
  imports: [AuditModule, DirectoryModule, PaymentQueriesModule, StudioLinkModule],
  controllers: [InvoicesController],
  providers: [
    CreateOnce,
    CreateInvoice,
    IssueInvoice,
    SendInvoice,
    VoidInvoice,
    InvoiceSettlement,
    InvoiceRecorder,
    InvoiceStore,
    InvoiceQueries,
    InvoiceDetail,
  ],
  exports: [CreateInvoice, IssueInvoice, InvoiceSettlement, InvoiceQueries, InvoiceDetail],
})
export class InvoicesModule {}
