import { Logger, Module, type OnModuleInit } from '@nestjs/common';
import { Clock, SystemClock } from '@tandem/platform/clock';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { Pace } from '@tandem/platform/jobs/pace';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { CheckInvariants } from './check-invariants.ts';
import { InvariantQueries } from './invariant.queries.ts';
import { InvariantsController } from './invariants.controller.ts';

const CHECK_INVARIANTS_TASK = 'check-invariants';

/** Every five minutes a turn, after sealing. */
export const CHECK_INVARIANTS_CRONTAB = `*/5 * * * * ${CHECK_INVARIANTS_TASK} ?max=1 {"after_seconds":40}`;
/** Of the time a check takes, what the database works for it. */
const WORK_SHARE = 0.2;

/** Proof, at any time, that the books are sound. */
@Module({
  controllers: [InvariantsController],
  providers: [CheckInvariants, InvariantQueries, { provide: Clock, useClass: SystemClock }],
})
export class InvariantsModule implements OnModuleInit {
  private readonly logger = new Logger(InvariantsModule.name);

  constructor(
    private readonly tasks: JobTasks,
    private readonly check: CheckInvariants,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const violations = this.metrics.gauge({
      name: 'billing_ledger_invariant_violations',
      help: 'Rows that break a rule of the ledger, by rule, in the last check',
      labels: ['invariant'],
    });
    const notChecked = this.metrics.gauge({
      name: 'billing_ledger_invariant_not_checked',
      help: '1 when the last check of a rule came to no end, by rule',
      labels: ['invariant'],
    });
    const checkedAt = this.metrics.gauge({
      name: 'billing_ledger_invariants_checked_timestamp_seconds',
      help: 'When every rule of the ledger was last checked to its end',
    });
    const failing = this.metrics.gauge({
      name: 'billing_ledger_invariants_check_failing',
      help: '1 when the last check of a rule of the ledger, or of all, came to no end',
    });
    this.tasks.register(CHECK_INVARIANTS_TASK, async (_payload, { signal }) => {
      const { results } = await this.check.some(new Pace(WORK_SHARE, signal)).catch((error: unknown) => {
        failing.set(1);
        throw error;
      });
      for (const { invariant, offendingCount, notChecked: reason } of results) {
        violations.set({ invariant: invariant.name }, offendingCount);
        notChecked.set({ invariant: invariant.name }, reason === null ? 0 : 1);
        if (offendingCount > 0) this.logger.error(`Ledger rule ${invariant.name} is broken by ${offendingCount} rows`);
        if (reason !== null) this.logger.error(`Ledger rule ${invariant.name} could not be checked: ${reason}`);
      }
      const isFailing = results.some(({ notChecked: reason }) => reason !== null);
      failing.set(isFailing ? 1 : 0);
      if (!isFailing && signal?.aborted !== true) checkedAt.setToCurrentTime();
    });
  }
}
