import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';

export const DELIVERY_STATUSES = ['PENDING', 'DELIVERED', 'FAILED'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface WebhookDeliverySqlRow {
  readonly delivery_id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly event_type: string;
  readonly account_id: string | null;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly next_attempt_at: Date;
  readonly created_at: Date;
  readonly settled_at: Date | null;
  readonly last_status_code: number | null;
  readonly last_error: string | null;
}

export interface WebhookAttemptSqlRow {
  readonly attempt: number;
  readonly started_at: Date;
  readonly duration_ms: number;
  readonly status_code: number | null;
  readonly error: string | null;
}

const DELIVERY_SQL = `
  SELECT d.delivery_id, d.endpoint_id, d.message_id, m.event_type, m.account_id, d.status, d.attempts,
         d.next_attempt_at, m.created_at, d.settled_at, a.status_code AS last_status_code, a.error AS last_error
    FROM webhook_deliveries d
    JOIN webhook_messages m USING (message_id)
    LEFT JOIN LATERAL (
      SELECT status_code, error FROM webhook_attempts
       WHERE delivery_id = d.delivery_id ORDER BY attempt DESC LIMIT 1
    ) a ON true`;

/** Reads the delivery log, and which endpoints have something due. */
@Injectable()
export class WebhookDeliveryQueries {
  constructor(private readonly pool: PgPool) {}

  /** Deliveries of an endpoint, newest first; their ids are ordered by time. */
  async page(filter: {
    endpointId: string;
    status: DeliveryStatus | undefined;
    limit: number;
    before: string | undefined;
  }): Promise<WebhookDeliverySqlRow[]> {
    const { rows } = await this.pool.query<WebhookDeliverySqlRow>(
      `${DELIVERY_SQL}
        WHERE d.endpoint_id = $1 AND ($2::text IS NULL OR d.status = $2) AND ($3::uuid IS NULL OR d.delivery_id < $3)
        ORDER BY d.delivery_id DESC LIMIT $4`,
      [filter.endpointId, filter.status ?? null, filter.before ?? null, filter.limit],
    );
    return rows;
  }

  async byId(deliveryId: string): Promise<WebhookDeliverySqlRow | undefined> {
    const { rows } = await this.pool.query<WebhookDeliverySqlRow>(`${DELIVERY_SQL} WHERE d.delivery_id = $1`, [
      deliveryId,
    ]);
    return rows[0];
  }

  /** Tries of a delivery, newest first. */
  async attempts(deliveryId: string, limit: number): Promise<WebhookAttemptSqlRow[]> {
    const { rows } = await this.pool.query<WebhookAttemptSqlRow>(
      `SELECT attempt, started_at, duration_ms, status_code, error FROM webhook_attempts
        WHERE delivery_id = $1 ORDER BY attempt DESC LIMIT $2`,
      [deliveryId, limit],
    );
    return rows;
  }

  /** Endpoints with something to try now, apart from those named. */
  async dueEndpoints(busy: readonly string[], limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ endpoint_id: string }>(
      `SELECT e.endpoint_id FROM webhook_endpoints e
        WHERE e.is_enabled AND e.endpoint_id <> ALL ($1::uuid[])
          AND EXISTS (SELECT 1 FROM webhook_deliveries d
                       WHERE d.endpoint_id = e.endpoint_id AND d.status = 'PENDING'
                         AND d.next_attempt_at <= clock_timestamp())
        ORDER BY random() LIMIT $2`,
      [busy, limit],
    );
    return rows.map((row) => row.endpoint_id);
  }

  /** Age in seconds of what waits longest at an endpoint that is switched on; 0 when nothing waits. */
  async oldestPendingSeconds(): Promise<number> {
    const { rows } = await this.pool.query<{ seconds: number }>(
      `SELECT coalesce(extract(epoch FROM clock_timestamp() - min(d.queued_at)), 0)::float8 AS seconds
         FROM webhook_deliveries d JOIN webhook_endpoints e USING (endpoint_id)
        WHERE d.status = 'PENDING' AND e.is_enabled`,
    );
    return rows[0]?.seconds ?? 0;
  }
}
