import { Logger, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { RepeatingTask } from '@tandem/platform/jobs/repeating-task';
import { StudioConfig } from '../../config/config.ts';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { AdvanceLots } from './advance-lots.ts';
import { CreditActivityController } from './credit-activity.controller.ts';
import { CreditBatchesController } from './credit-batches.controller.ts';
import { CreditLedger } from './credit-ledger.ts';
import { CreditRequests } from './credit-requests.ts';
import { CreditsController } from './credits.controller.ts';
import { CreditQueries } from './credits.queries.ts';
import { ExpireHolds } from './expire-holds.ts';
import { ExpireLots } from './expire-lots.ts';
import { LedgerSearchQueries } from './ledger-search.queries.ts';
import { ReadCreditActivity } from './read-credit-activity.ts';
import { SearchLedger } from './search-ledger.ts';

const EXPIRE_CREDITS_TASK = 'expire-credits';

/** Once a minute: until then an overdue hold already reads as free, and an overdue lot as gone. */
export const EXPIRE_CREDITS_CRONTAB = `* * * * * ${EXPIRE_CREDITS_TASK} ?max=1`;

/** Pause between two runs of the fold of lots: how far behind the ledger it may be on a quiet account. */
const ADVANCE_LOTS_PAUSE_MS = 10_000;

/** Credits: the one writer of wallets' figures, holds and movements, and what may be read of them. */
@Module({
  imports: [AccountsModule],
  controllers: [CreditsController, CreditBatchesController, CreditActivityController],
  providers: [
    CreditLedger,
    CreditRequests,
    ExpireHolds,
    ExpireLots,
    AdvanceLots,
    CreditQueries,
    ReadCreditActivity,
    LedgerSearchQueries,
    SearchLedger,
  ],
  exports: [CreditLedger, ReadCreditActivity, SearchLedger],
})
export class LedgerModule implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(LedgerModule.name);
  private readonly stopping = new AbortController();
  private readonly advancing: RepeatingTask;

  constructor(
    private readonly tasks: JobTasks,
    private readonly expireHolds: ExpireHolds,
    private readonly expireLots: ExpireLots,
    private readonly config: StudioConfig,
    advanceLots: AdvanceLots,
  ) {
    this.advancing = new RepeatingTask(
      ADVANCE_LOTS_PAUSE_MS,
      () => advanceLots.run(this.stopping.signal),
      (error) => this.logger.error(`Lots were not folded: ${String(error)}`),
    );
  }

  onModuleInit(): void {
    this.tasks.register(EXPIRE_CREDITS_TASK, async (_payload, { signal }) => {
      // One does not wait for the other's troubles; the job fails at the end, with all of them.
      const ended = await Promise.allSettled([this.expireHolds.run(signal), this.expireLots.run(signal)]);
      const failures = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
      if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '));
    });
    if (this.config.jobsEnabled) this.advancing.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.advancing.stop();
  }
}
