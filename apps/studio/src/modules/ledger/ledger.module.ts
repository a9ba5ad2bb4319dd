import { Module, type OnModuleInit } from '@nestjs/common';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { CreditActivityController } from './credit-activity.controller.ts';
import { CreditBatchesController } from './credit-batches.controller.ts';
import { CreditLedger } from './credit-ledger.ts';
import { CreditRequests } from './credit-requests.ts';
import { CreditsController } from './credits.controller.ts';
import { CreditQueries } from './credits.queries.ts';
import { ExpireHolds } from './expire-holds.ts';
import { GrantCredits } from './grant-credits.ts';
import { ReadCreditActivity } from './read-credit-activity.ts';

const EXPIRE_HOLDS_TASK = 'expire-holds';

/** Once a minute: until then an overdue hold already reads as free. */
export const EXPIRE_HOLDS_CRONTAB = `* * * * * ${EXPIRE_HOLDS_TASK} ?max=1`;

/** Credits: the one writer of wallets' figures, holds and movements, and what may be read of them. */
@Module({
  imports: [AccountsModule],
  controllers: [CreditsController, CreditBatchesController, CreditActivityController],
  providers: [CreditLedger, CreditRequests, GrantCredits, ExpireHolds, CreditQueries, ReadCreditActivity],
  exports: [CreditLedger, GrantCredits, ReadCreditActivity],
})
export class LedgerModule implements OnModuleInit {
  constructor(
    private readonly tasks: JobTasks,
    private readonly expireHolds: ExpireHolds,
  ) {}

  onModuleInit(): void {
    this.tasks.register(EXPIRE_HOLDS_TASK, async () => {
      await this.expireHolds.run();
    });
  }
}
