import { Module } from '@nestjs/common';
import { Clock, SystemClock } from '@tandem/platform/clock';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { ApprovalsModule } from '../approvals/approvals.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { ShortfallsModule } from '../ledger/shortfalls.module.ts';
import { TimelineModule } from '../timeline/timeline.module.ts';
import { AccountPolicyController } from './account-policy.controller.ts';
import { CreditActAnswers } from './credit-act-answers.ts';
import { CreditActsController } from './credit-acts.controller.ts';
import { CreditActs } from './credit-acts.ts';
import { HoldActsController } from './hold-acts.controller.ts';
import { OperatorAccountsController } from './operator-accounts.controller.ts';
import { OperatorCreditsController } from './operator-credits.controller.ts';
import { OperatorShortfallsController } from './operator-shortfalls.controller.ts';

/** What the people who run Studio can do. */
@Module({
  imports: [AccountsModule, ApprovalsModule, AuditModule, LedgerModule, ShortfallsModule, TimelineModule],
  controllers: [
    OperatorAccountsController,
    AccountPolicyController,
    OperatorCreditsController,
    CreditActsController,
    HoldActsController,
    OperatorShortfallsController,
  ],
  providers: [CreditActs, CreditActAnswers, { provide: Clock, useClass: SystemClock }],
})
export class OperatorModule {}
