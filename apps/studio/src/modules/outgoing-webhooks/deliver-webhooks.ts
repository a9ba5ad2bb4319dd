import { Injectable, Logger } from '@nestjs/common';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { webhookIdOf } from './outgoing-event.ts';
import { RecordWebhookTry } from './record-webhook-try.ts';
import { SendWebhook } from './send-webhook.ts';
import { WebhookDeliveryQueries } from './webhook-delivery.queries.ts';
import { WebhookDeliveryStore, type ClaimedDelivery } from './webhook-delivery.store.ts';
import { WebhookSecrets } from './webhook-secrets.ts';
import { signatureHeaders } from './webhook-signature.ts';

/** Tries of one endpoint at once. A slow receiver waits for itself only. */
const TRIES_AT_ONCE = 16;
const ENDPOINTS_AT_ONCE = 20;
/** Well above the deadline of one try: until then nobody else takes the delivery. */
const LEASE_MS = 60_000;

/**
 * Sends what is due. A delivery is sent at least once: when the process dies between the answer and its record, it is
 * sent again under the same webhook-id. Several instances may do this at once.
 */
@Injectable()
export class DeliverWebhooks {
  private readonly logger = new Logger(DeliverWebhooks.name);
  private readonly draining = new Map<string, Promise<void>>();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: WebhookDeliveryQueries,
    private readonly deliveries: WebhookDeliveryStore,
    private readonly secrets: WebhookSecrets,
    private readonly send: SendWebhook,
    private readonly recordTry: RecordWebhookTry,
  ) {}

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
    await this.recordTry.run(claimed, result);
    return result.isDelivered;
  }
}
