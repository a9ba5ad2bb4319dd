import { Logger, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { RepeatingTask } from '@tandem/platform/jobs/repeating-task';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { StudioConfig } from '../../config/config.ts';
import { AccountsModule } from '../accounts/accounts.module.ts';
import { OutgoingWebhooksModule } from '../outgoing-webhooks/outgoing-webhooks.module.ts';
import { AlertThresholdQueries } from './alert-threshold.queries.ts';
import { AlertThresholdsController } from './alert-thresholds.controller.ts';
import { AlertThresholdStore } from './alert-threshold.store.ts';
import { BalanceAlertStore } from './balance-alert.store.ts';
import { ChangeAlertThresholds } from './change-alert-thresholds.ts';
import { FoldBalanceAlerts } from './fold-balance-alerts.ts';

/** Soon enough for a person. */
const FOLD_PAUSE_MS = 1000;

/** Tells when available credits of an account cross a threshold, down or up. */
@Module({
  imports: [AccountsModule, OutgoingWebhooksModule],
  controllers: [AlertThresholdsController],
  providers: [AlertThresholdStore, AlertThresholdQueries, BalanceAlertStore, ChangeAlertThresholds, FoldBalanceAlerts],
})
export class AlertsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(AlertsModule.name);
  private readonly loop: RepeatingTask;
  private readonly stopping = new AbortController();

  constructor(
    fold: FoldBalanceAlerts,
    metrics: Metrics,
    private readonly config: StudioConfig,
  ) {
    const crossings = metrics.counter({
      name: 'billing_balance_alerts_total',
      help: 'Thresholds of available credits crossed, by direction',
      labels: ['kind'],
    });
    this.loop = new RepeatingTask(
      FOLD_PAUSE_MS,
      async () => {
        for (const { kind } of await fold.run(this.stopping.signal)) crossings.inc({ kind });
      },
      // The database was away: the next run finds the same rows.
      (error) => this.logger.error(error),
    );
  }

  onApplicationBootstrap(): void {
    if (this.config.jobsEnabled) this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop.stop();
  }
}
