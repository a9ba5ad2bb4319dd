import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { TimelineModule } from '../timeline/timeline.module.ts';
import { OperatorAccountsController } from './operator-accounts.controller.ts';
import { OperatorCreditsController } from './operator-credits.controller.ts';

/** What the people who run Studio can do. */
@Module({
  imports: [AccountsModule, LedgerModule, TimelineModule],
  controllers: [OperatorAccountsController, OperatorCreditsController],
})
export class OperatorModule {}
