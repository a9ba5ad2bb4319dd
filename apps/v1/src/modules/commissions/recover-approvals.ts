import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DomainError } from '@tandem/platform/errors';
import { RepeatingTask } from '@tandem/platform/jobs/repeating-task';
import { V1Config } from '../../config/config.ts';
import { ApproveCommission } from './approve-commission.ts';
import { CommissionQueries } from './commissions.queries.ts';

/** An intent older than this many step budgets has no process behind it any more. */
const STALE_AFTER_BUDGETS = 4;

/** Finishes approvals that a crash left between the intent and its decision, as if the answer had just come. */
@Injectable()
export class RecoverApprovals implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(RecoverApprovals.name);
  private readonly loop: RepeatingTask;

  constructor(
    private readonly queries: CommissionQueries,
    private readonly approve: ApproveCommission,
    private readonly config: V1Config,
  ) {
    this.loop = new RepeatingTask(
      config.studioLaneSweepMs,
      () => this.run(),
      (error) => this.logger.error(error),
    );
  }

  onApplicationBootstrap(): void {
    if (this.config.jobsEnabled) this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** Answers how many it finished. */
  async run(): Promise<number> {
    const stale = await this.queries.staleIntents(this.config.studioStepBudgetMs * STALE_AFTER_BUDGETS);
    for (const commission of stale) {
      try {
        await this.approve.ask(commission);
      } catch (error) {
        // The gate is shut: the commission is open again and its timeline says why. Nobody waits for the answer.
        if (!(error instanceof DomainError)) throw error;
        this.logger.warn(`Approval of commission ${commission.id} was recovered and refused: ${error.code}`);
      }
    }
    return stale.length;
  }
}
