import { Injectable, Logger } from '@nestjs/common';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { STUDIO_ACTOR } from '../audit/audit-entry.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { delayAfter, RETRY_WINDOW_MS } from './retry-schedule.ts';
import type { SendResult } from './send-webhook.ts';
import { WebhookDeliveryStore, type ClaimedDelivery } from './webhook-delivery.store.ts';
import { WebhookEndpointStore } from './webhook-endpoint.store.ts';
import { endpointTarget } from './webhook.convert.ts';

/** The receiver says that it is gone for good. */
const STATUS_GONE = 410;

/** Writes down how a try went, and what follows: delivered, tried again, given up, or the endpoint switched off. */
@Injectable()
export class RecordWebhookTry {
  private readonly logger = new Logger(RecordWebhookTry.name);
  private readonly tries;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly deliveries: WebhookDeliveryStore,
    private readonly endpoints: WebhookEndpointStore,
    private readonly trail: AuditTrail,
    metrics: Metrics,
  ) {
    this.tries = metrics.counter({
      name: 'billing_outgoing_webhooks_total',
      help: 'Tries to deliver a webhook by how they ended: delivered, will be retried, or given up',
      labels: ['outcome'],
    });
  }

  /** Locks: the delivery first, then its endpoint; changes of an endpoint take only the second. */
  async run(claimed: ClaimedDelivery, result: SendResult): Promise<void> {
    const delayMs = result.isDelivered ? undefined : delayUntilNext(claimed, result);
    await this.uow.run(async (tx) => {
      await this.deliveries.insertAttempt(tx, claimed, result);
      if (result.isDelivered) {
        await this.deliveries.settle(tx, claimed, 'DELIVERED');
        await this.endpoints.noteSuccess(tx, claimed.endpoint_id);
      } else {
        if (delayMs === undefined) await this.deliveries.settle(tx, claimed, 'FAILED');
        else await this.deliveries.retryIn(tx, claimed, delayMs);
        await this.endpoints.noteFailure(tx, claimed.endpoint_id);
        await this.switchOffWhenHopeless(tx, claimed, result);
      }
    });
    this.tries.inc({ outcome: result.isDelivered ? 'delivered' : delayMs === undefined ? 'failed' : 'retried' });
  }

  private async switchOffWhenHopeless(tx: Tx, claimed: ClaimedDelivery, result: SendResult): Promise<void> {
    const isGone = result.statusCode === STATUS_GONE;
    const reason = isGone ? 'the receiver answered 410 Gone' : 'no delivery succeeded for three days';
    const { endpoint_id: endpointId, delivery_id } = claimed;
    if (!(await this.endpoints.disable(tx, endpointId, reason, isGone ? 0 : RETRY_WINDOW_MS))) return;
    this.logger.warn(`Webhook endpoint ${endpointId} is switched off: ${reason}`);
    await this.trail.record(tx, {
      act: 'webhook_endpoint_switched_off',
      phase: 'DONE',
      actor: STUDIO_ACTOR,
      target: endpointTarget(endpointId),
      reason,
      after: { delivery_id },
    });
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
