import { Module } from '@nestjs/common';
import { DirectoryModule } from '../directory/directory.module.ts';
import { InvoicesModule } from '../invoices/invoices.module.ts';
import { PaymentQueriesModule } from '../payments/payment-queries.module.ts';
import { StudioLinkModule } from '../studio-link/studio-link.module.ts';
import { MonitorController } from './monitor.controller.ts';
import { OpenAmountQueries } from './open-amounts.queries.ts';
import { PostpaidRowQueries } from './postpaid-rows.ts';
import { ReadAccountDetail } from './read-account-detail.ts';
import { ReadSummary } from './read-summary.ts';
import { RefreshAllowance } from './refresh-allowance.ts';
import { StudioActivity } from './studio-activity.ts';
import { StudioMeta } from './studio-meta.ts';

@Module({
  imports: [DirectoryModule, InvoicesModule, PaymentQueriesModule, StudioLinkModule],
  controllers: [MonitorController],
  providers: [
    ReadSummary,
    ReadAccountDetail,
    RefreshAllowance,
    StudioMeta,
    StudioActivity,
    OpenAmountQueries,
    PostpaidRowQueries,
  ],
})
export class MonitorModule {}
