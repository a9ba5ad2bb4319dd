import { Logger, Module, type OnModuleInit } from '@nestjs/common';
import { Clock, SystemClock } from '@tandem/platform/clock';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { SealsModule } from '../seals/seals.module.ts';
import { CheckInvariants } from './check-invariants.ts';
import { InvariantsController } from './invariants.controller.ts';

const CHECK_INVARIANTS_TASK = 'check-invariants';

/** Every five minutes: the rules read whole tables. */
export const CHECK_INVARIANTS_CRONTAB = `*/5 * * * * ${CHECK_INVARIANTS_TASK} ?max=1`;

/** Proof, at any time, that the books are sound. */
@Module({
  imports: [SealsModule],
  controllers: [InvariantsController],
  providers: [CheckInvariants, { provide: Clock, useClass: SystemClock }],
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
      help: 'Rows that break a rule of the ledger, by rule, when it was last checked',
      labels: ['invariant'],
    });
    const checkedAt = this.metrics.gauge({
      name: 'billing_ledger_invariants_checked_timestamp_seconds',
      help: 'When every rule of the ledger was last checked to its end; the violations are as of then',
    });
    const failing = this.metrics.gauge({
      name: 'billing_ledger_invariants_check_failing',
      help: '1 when the last check of the rules of the ledger came to no end: the violations are old',
    });
    this.tasks.register(CHECK_INVARIANTS_TASK, async () => {
      const results = await this.check.run().catch((error: unknown) => {
        failing.set(1);
        throw error;
      });
      for (const { invariant, offendingCount } of results) {
        violations.set({ invariant: invariant.name }, offendingCount);
        if (offendingCount > 0) this.logger.error(`Ledger rule ${invariant.name} is broken by ${offendingCount} rows`);
      }
      failing.set(0);
      checkedAt.setToCurrentTime();
    });
  }
}
