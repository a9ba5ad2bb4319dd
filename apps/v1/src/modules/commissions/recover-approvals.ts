import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { V1Config } from '../../config/config.ts';
import { DomainError } from '@tandem/platform/errors';
import { ApproveCommission } from './approve-commission.ts';
import { CommissionQueries } from './commissions.queries.ts';

/** Job that finishes approvals whose process died. */
export const RECOVER_APPROVALS_TASK = 'recover_approvals';

/** An intent older than this many step budgets has no process behind it any more. */
const STALE_AFTER_BUDGETS = 4;

/** Finishes approvals that a crash left between the intent and its decision, as if the answer had just come. */
@Injectable()
export class RecoverApprovals implements OnModuleInit {
  private readonly logger = new Logger(RecoverApprovals.name);

  constructor(
    private readonly queries: CommissionQueries,
    private readonly approve: ApproveCommission,
    private readonly tasks: JobTasks,
    private readonly config: V1Config,
  ) {}

  onModuleInit(): void {
    this.tasks.register(RECOVER_APPROVALS_TASK, async () => {
      await this.run();
    });
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
