import { Logger, Module, type OnModuleInit } from '@nestjs/common';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { AccountHeadQueries } from './account-head.queries.ts';
import { AccountHeadsController } from './account-heads.controller.ts';
import { LastSeals } from './last-seals.ts';
import { LedgerHeadController } from './ledger-head.controller.ts';
import { SealLedger } from './seal-ledger.ts';
import { SealQueries } from './seal.queries.ts';
import { SealStore } from './seal.store.ts';
import { VerifyLedger } from './verify-ledger.ts';

const SEAL_LEDGER_TASK = 'seal-ledger';

/** Once a minute, after the sweeper: what is younger than that is proven by the rows' own figures only. */
export const SEAL_LEDGER_CRONTAB = `* * * * * ${SEAL_LEDGER_TASK} ?max=1 {"after_seconds":20}`;

/** The digest chain of the ledger: made, kept ready for receipts, verified. */
@Module({
  imports: [LedgerModule],
  controllers: [AccountHeadsController, LedgerHeadController],
  providers: [SealStore, SealQueries, SealLedger, LastSeals, VerifyLedger, AccountHeadQueries],
})
export class SealsModule implements OnModuleInit {
  private readonly logger = new Logger(SealsModule.name);

  constructor(
    private readonly tasks: JobTasks,
    private readonly sealLedger: SealLedger,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const sealedUpTo = this.metrics.gauge({
      name: 'billing_ledger_sealed_timestamp_seconds',
      help: 'Unix time up to which every row is sealed, as far as this process knows; the lag is now minus the newest',
    });
    const rowsSealed = this.metrics.counter({
      name: 'billing_ledger_rows_sealed_total',
      help: 'Rows of the ledger this process sealed',
    });
    this.tasks.register(SEAL_LEDGER_TASK, async (_payload, { signal }) => {
      const run = await this.sealLedger.run(signal);
      rowsSealed.inc(run.rows);
      if (run.sealedUpTo !== null) sealedUpTo.set(run.sealedUpTo.getTime() / 1000);
      if (!run.complete && signal?.aborted !== true) {
        this.logger.warn(`Sealing goes on in the next run: ${run.seals} seals over ${run.rows} rows made`);
      }
    });
  }
}
