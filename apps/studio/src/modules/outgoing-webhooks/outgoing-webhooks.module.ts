import { Logger, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { RepeatingTask } from '@tandem/platform/jobs/repeating-task';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { StudioConfig } from '../../config/config.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { ChangeWebhookEndpoint } from './change-webhook-endpoint.ts';
import { DeliverWebhooks } from './deliver-webhooks.ts';
import { QueueWebhook } from './queue-webhook.ts';
import { RecordWebhookTry } from './record-webhook-try.ts';
import { ResendWebhook } from './resend-webhook.ts';
import { SendWebhook } from './send-webhook.ts';
import { WebhookDeliveriesController } from './webhook-deliveries.controller.ts';
import { WebhookDeliveryQueries } from './webhook-delivery.queries.ts';
import { WebhookDeliveryStore } from './webhook-delivery.store.ts';
import { WebhookEndpointQueries } from './webhook-endpoint.queries.ts';
import { WebhookEndpointsController } from './webhook-endpoints.controller.ts';
import { WebhookEndpointStore } from './webhook-endpoint.store.ts';
import { WebhookSecrets } from './webhook-secrets.ts';

const DELIVER_PAUSE_MS = 500;

/** Tells other systems what happened, signed, by HTTP. */
@Module({
  imports: [AuditModule],
  controllers: [WebhookEndpointsController, WebhookDeliveriesController],
  providers: [
    WebhookEndpointStore,
    WebhookEndpointQueries,
    WebhookDeliveryStore,
    WebhookDeliveryQueries,
    WebhookSecrets,
    ChangeWebhookEndpoint,
    QueueWebhook,
    ResendWebhook,
    SendWebhook,
    RecordWebhookTry,
    DeliverWebhooks,
  ],
  exports: [QueueWebhook],
})
export class OutgoingWebhooksModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(OutgoingWebhooksModule.name);
  private readonly loop: RepeatingTask;

  constructor(
    private readonly deliver: DeliverWebhooks,
    private readonly deliveries: WebhookDeliveryQueries,
    private readonly endpoints: WebhookEndpointQueries,
    private readonly metrics: Metrics,
    private readonly config: StudioConfig,
  ) {
    this.loop = new RepeatingTask(
      DELIVER_PAUSE_MS,
      () => this.deliver.run(),
      // The database was away: the next run finds the same rows.
      (error) => this.logger.error(error),
    );
  }

  onApplicationBootstrap(): void {
    this.gauge('billing_outgoing_webhook_oldest_pending_seconds', {
      help: 'Age of the webhook that waits longest at an endpoint that is switched on; 0: none waits',
      read: () => this.deliveries.oldestPendingSeconds(),
    });
    this.gauge('billing_outgoing_webhook_endpoints_disabled', {
      help: 'Webhook endpoints that are switched off, by people or by failures',
      read: () => this.endpoints.disabledCount(),
    });
    if (this.config.jobsEnabled) this.loop.start();
  }

  /** No new try begins; those under way end within their deadline. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    await this.deliver.settled();
  }

  /** Read when somebody scrapes, so that it is right also when the loop stands still. */
  private gauge(name: string, { help, read }: { help: string; read: () => Promise<number> }): void {
    this.metrics.gauge({
      name,
      help,
      collect: async (gauge) => {
        // Not a number while the database is away: the other metrics of the scrape still come.
        gauge.set(await read().catch(() => Number.NaN));
      },
    });
  }
}
