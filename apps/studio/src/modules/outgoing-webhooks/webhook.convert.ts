import { webhookIdOf } from './outgoing-event.ts';
import type { WebhookAttemptSqlRow, WebhookDeliverySqlRow } from './webhook-delivery.queries.ts';
import type { WebhookEndpointSqlRow } from './webhook-endpoint.queries.ts';
import type { WebhookAttempt, WebhookDelivery, WebhookEndpoint } from './webhook-endpoints.dto.ts';

/** The endpoint as the audit trail names it. */
export function endpointTarget(endpointId: string): string {
  return `webhook-endpoint:${endpointId}`;
}

export function toWebhookEndpoint(row: WebhookEndpointSqlRow): WebhookEndpoint {
  return {
    id: row.endpoint_id,
    url: row.url,
    description: row.description,
    event_types: row.event_types,
    is_enabled: row.is_enabled,
    disabled_reason: row.disabled_reason,
    failing_since: row.failing_since?.toISOString() ?? null,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

export function toWebhookDelivery(row: WebhookDeliverySqlRow): WebhookDelivery {
  return {
    id: row.delivery_id,
    endpoint_id: row.endpoint_id,
    webhook_id: webhookIdOf(row.message_id),
    event_type: row.event_type,
    account_id: row.account_id,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: row.status === 'PENDING' ? row.next_attempt_at.toISOString() : null,
    created_at: row.created_at.toISOString(),
    settled_at: row.settled_at?.toISOString() ?? null,
    last_status_code: row.last_status_code,
    last_error: row.last_error,
  };
}

export function toWebhookAttempt(row: WebhookAttemptSqlRow): WebhookAttempt {
  return { ...row, started_at: row.started_at.toISOString() };
}
