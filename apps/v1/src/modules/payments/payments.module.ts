import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { InvoicesModule } from '../invoices/invoices.module.ts';
import { StudioLinkModule } from '../studio-link/studio-link.module.ts';
import { PaymentQueriesModule } from './payment-queries.module.ts';
import { PaymentStore } from './payment.store.ts';
import { PaymentsController } from './payments.controller.ts';
import { RecordPayment } from './record-payment.ts';

@Module({
  imports: [AuditModule, InvoicesModule, PaymentQueriesModule, StudioLinkModule],
  controllers: [PaymentsController],
  providers: [RecordPayment, PaymentStore],
  exports: [RecordPayment],
})
export class PaymentsModule {}
