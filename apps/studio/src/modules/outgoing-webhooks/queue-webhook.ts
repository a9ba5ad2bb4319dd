import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { newId } from '@tandem/platform/ids';
import { bodyOf, type OutgoingEvent } from './outgoing-event.ts';
import { WebhookDeliveryStore } from './webhook-delivery.store.ts';

/** Queues an event for every endpoint that wants it, inside the transaction of what happened. */
@Injectable()
export class QueueWebhook {
  constructor(private readonly deliveries: WebhookDeliveryStore) {}

  /** Rolled-back events are never sent, committed ones always are. Nothing is stored when nobody listens. */
  async within(tx: Tx, event: OutgoingEvent): Promise<void> {
    const endpointIds = await this.deliveries.subscribers(tx, event.type);
    if (endpointIds.length > 0) await this.toEndpoints(tx, event, endpointIds);
  }

  /** Queues one event for these endpoints, whatever they subscribed to. Answers the ids of the deliveries. */
  async toEndpoints(tx: Tx, event: OutgoingEvent, endpointIds: readonly string[]): Promise<string[]> {
    const messageId = newId();
    const { type: eventType, accountId } = event;
    await this.deliveries.insertMessage(tx, { messageId, eventType, accountId, body: bodyOf(event) });
    const deliveryIds: string[] = [];
    for (const endpointId of endpointIds) {
      deliveryIds.push(await this.deliveries.insertDelivery(tx, messageId, endpointId));
    }
    return deliveryIds;
  }
}
