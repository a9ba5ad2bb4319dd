import { Injectable } from '@nestjs/common';
import { UnitOfWork, type Tx } from '@tandem/platform/database/unit-of-work';
import { AuditTrail } from '../audit/audit-trail.ts';
import type { EndpointEdit } from './change-webhook-endpoint.ts';
import { TEST_EVENT_TYPE, type OutgoingEvent } from './outgoing-event.ts';
import { QueueWebhook } from './queue-webhook.ts';
import { WebhookDeliveryStore } from './webhook-delivery.store.ts';
import {
  webhookDeliveryNotFound,
  webhookEndpointDisabled,
  webhookEndpointNotFound,
} from './webhook-endpoint.errors.ts';
import { WebhookEndpointStore } from './webhook-endpoint.store.ts';
import { endpointTarget } from './webhook.convert.ts';

/** What people send by hand: a message again, or a test. */
@Injectable()
export class ResendWebhook {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly endpoints: WebhookEndpointStore,
    private readonly deliveries: WebhookDeliveryStore,
    private readonly queue: QueueWebhook,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Sends a message again, delivered or not, under the same webhook-id and with the whole time for retries.
   * @throws DomainError `not_found`, `invalid_transition` when the endpoint is switched off
   */
  async again(edit: EndpointEdit, deliveryId: string): Promise<void> {
    await this.uow.run(async (tx) => {
      const delivery = await this.deliveries.lock(tx, deliveryId);
      if (!delivery) throw webhookDeliveryNotFound();
      if (!delivery.is_enabled) throw webhookEndpointDisabled();
      await this.deliveries.requeue(tx, deliveryId);
      await this.record(tx, edit, { act: 'webhook_redelivered', endpointId: delivery.endpoint_id, deliveryId });
    });
  }

  /**
   * Sends a test event to one endpoint, whatever it subscribed to. Answers the id of the delivery.
   * @throws DomainError `not_found`, `invalid_transition` when the endpoint is switched off
   */
  async test(edit: EndpointEdit, endpointId: string): Promise<string> {
    return this.uow.run(async (tx) => {
      const endpoint = await this.endpoints.lock(tx, endpointId);
      if (!endpoint) throw webhookEndpointNotFound();
      if (!endpoint.is_enabled) throw webhookEndpointDisabled();
      const event: OutgoingEvent = { type: TEST_EVENT_TYPE, occurredAt: new Date(), data: {} };
      const [deliveryId = ''] = await this.queue.toEndpoints(tx, event, [endpointId]);
      await this.record(tx, edit, { act: 'webhook_endpoint_tested', endpointId, deliveryId });
      return deliveryId;
    });
  }

  private async record(
    tx: Tx,
    edit: EndpointEdit,
    { act, endpointId, deliveryId }: { act: string; endpointId: string; deliveryId: string },
  ): Promise<void> {
    const target = endpointTarget(endpointId);
    await this.trail.record(tx, { ...edit, act, phase: 'DONE', target, after: { delivery_id: deliveryId } });
  }
}
