import { Injectable, Logger } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { webhookIdOf } from './outgoing-event.ts';
import { delayAfter, RETRY_WINDOW_MS } from './retry-schedule.ts';
import { SendWebhook, type SendResult } from './send-webhook.ts';
import { WebhookDeliveryQueries } from './webhook-delivery.queries.ts';
import { WebhookDeliveryStore, type ClaimedDelivery } from './webhook-delivery.store.ts';
import { WebhookEndpointStore } from './webhook-endpoint.store.ts';
import { WebhookSecrets } from './webhook-secrets.ts';
import { signatureHeaders } from './webhook-signature.ts';

/** Tries of one endpoint at once. A slow receiver waits for itself only. */
const TRIES_AT_ONCE = 16;
const ENDPOINTS_AT_ONCE = 20;
/** Well above the deadline of one try: until then nobody else takes the delivery. */
const LEASE_MS = 60_000;
/** The receiver says that it is gone for good. */
const STATUS_GONE = 410;

/**
 * Sends what is due. A delivery is sent at least once: when the process dies between the answer and its record, it is
 * sent again under the same webhook-id. Several instances may do this at once.
 */
@Injectable()
export class DeliverWebhooks {
  private readonly logger = new Logger(DeliverWebhooks.name);
  private readonly draining = new Map<string, Promise<void>>();
  private readonly tries;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: WebhookDeliveryQueries,
    private readonly deliveries: WebhookDeliveryStore,
    private readonly endpoints: WebhookEndpointStore,
    private readonly secrets: WebhookSecrets,
    private readonly send: SendWebhook,
    metrics: Metrics,
  ) {
    this.tries = metrics.counter({
      name: 'billing_outgoing_webhooks_total',
      help: 'Tries to deliver a webhook by how they ended: delivered, will be retried, or given up',
      labels: ['outcome'],
    });
  }

  /** Starts on every endpoint with something due that is not being served; does not wait for receivers. */
  async run(): Promise<void> {
    const free = ENDPOINTS_AT_ONCE - this.draining.size;
    if (free <= 0) return;
    for (const endpointId of await this.queries.dueEndpoints([...this.draining.keys()], free)) {
      const drain = this.drain(endpointId)
        // Nothing is lost: what was claimed is due again when its lease is over.
        .catch((error: unknown) => this.logger.error(error))
        .finally(() => this.draining.delete(endpointId));
      this.draining.set(endpointId, drain);
    }
  }

  /** Resolves when every try under way has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.draining.values());
  }

  /** Goes on while everything arrives; after a failure the endpoint lets others go first. */
  private async drain(endpointId: string): Promise<void> {
    for (;;) {
      const claimed = await this.uow.run((tx) =>
        this.deliveries.claim(tx, endpointId, { limit: TRIES_AT_ONCE, leaseMs: LEASE_MS }),
      );
      if (claimed.length === 0) return;
      const secrets = await this.secrets.open(endpointId);
      const results = await Promise.all(claimed.map((delivery) => this.deliver(delivery, secrets)));
      if (results.includes(false)) return;
    }
  }

  private async deliver(claimed: ClaimedDelivery, secrets: readonly string[]): Promise<boolean> {
    const timestamp = Math.floor(Date.now() / 1000);
    const webhookId = webhookIdOf(claimed.message_id);
    const headers = signatureHeaders({ webhookId, timestamp, body: claimed.body }, secrets);
    const result = await this.send.run(claimed.url, headers, claimed.body);
    await this.record(claimed, result);
    return result.isDelivered;
  }

  /** Locks: the delivery first, then its endpoint; changes of an endpoint take only the second. */
  private async record(claimed: ClaimedDelivery, result: SendResult): Promise<void> {
    const delayMs = result.isDelivered ? undefined : delayUntilNext(claimed, result);
    const isDisabled = await this.uow.run(async (tx) => {
      await this.deliveries.insertAttempt(tx, claimed, result);
      if (result.isDelivered) {
        await this.deliveries.settle(tx, claimed, 'DELIVERED');
        await this.endpoints.noteSuccess(tx, claimed.endpoint_id);
        return false;
      }
      if (delayMs === undefined) await this.deliveries.settle(tx, claimed, 'FAILED');
      else await this.deliveries.retryIn(tx, claimed, delayMs);
      await this.endpoints.noteFailure(tx, claimed.endpoint_id);
      const [why, failingForMs] =
        result.statusCode === STATUS_GONE
          ? ['the receiver answered 410 Gone', 0]
          : ['no delivery succeeded for three days', RETRY_WINDOW_MS];
      if (!(await this.endpoints.disable(tx, claimed.endpoint_id, why, failingForMs))) return false;
      const change = { kind: 'DISABLED_BY_FAILURE', details: { delivery_id: claimed.delivery_id } } as const;
      await this.endpoints.record(tx, { ...change, endpointId: claimed.endpoint_id, actor: 'studio', reason: why });
      return true;
    });
    this.tries.inc({ outcome: result.isDelivered ? 'delivered' : delayMs === undefined ? 'failed' : 'retried' });
    if (isDisabled) this.logger.warn(`Webhook endpoint ${claimed.endpoint_id} is switched off: it keeps failing`);
  }
}

function delayUntilNext(claimed: ClaimedDelivery, result: SendResult): number | undefined {
  if (result.statusCode === STATUS_GONE) return undefined;
  return delayAfter({
    attempt: claimed.tries,
    ageMs: claimed.age_ms + result.durationMs,
    retryAfterMs: result.retryAfterMs,
    random: Math.random(),
  });
}
