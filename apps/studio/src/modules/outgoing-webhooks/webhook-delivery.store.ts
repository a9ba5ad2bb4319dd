import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { newId } from '@tandem/platform/ids';
import type { SendResult } from './send-webhook.ts';

/** A delivery this process may try now. */
export interface ClaimedDelivery {
  readonly delivery_id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly url: string;
  readonly body: string;
  /** Which try it is; also the fence that its result must carry. */
  readonly attempt: number;
  /** Tries since it was queued, this one included. */
  readonly tries: number;
  /** Time since it was queued, in milliseconds. */
  readonly age_ms: number;
}

/** A delivery as it stands while it is locked. */
export interface LockedDelivery {
  readonly delivery_id: string;
  readonly endpoint_id: string;
  readonly is_enabled: boolean;
}

/** All SQL that writes messages, deliveries and tries. */
@Injectable()
export class WebhookDeliveryStore {
  /** Stores the bytes of a message. */
  async insertMessage(
    tx: Tx,
    message: { messageId: string; eventType: string; accountId: string | null; body: string },
  ): Promise<void> {
    await tx.query('INSERT INTO webhook_messages (message_id, event_type, account_id, body) VALUES ($1, $2, $3, $4)', [
      message.messageId,
      message.eventType,
      message.accountId,
      message.body,
    ]);
  }

  async insertDelivery(tx: Tx, messageId: string, endpointId: string): Promise<string> {
    const deliveryId = newId();
    await tx.query('INSERT INTO webhook_deliveries (delivery_id, endpoint_id, message_id) VALUES ($1, $2, $3)', [
      deliveryId,
      endpointId,
      messageId,
    ]);
    return deliveryId;
  }

  /** Endpoints that are switched on and subscribed to a type. */
  async subscribers(tx: Tx, eventType: string): Promise<string[]> {
    const rows = await tx.query<{ endpoint_id: string }>(
      'SELECT endpoint_id FROM webhook_endpoints WHERE is_enabled AND $1 = ANY (event_types) ORDER BY endpoint_id',
      [eventType],
    );
    return rows.map((row) => row.endpoint_id);
  }

  /**
   * Takes due deliveries of one endpoint for `leaseMs`. A process that dies with them loses them when that time is over:
   * they are due again, under the same message id. Rows another replica is just taking are passed over.
   */
  async claim(tx: Tx, endpointId: string, options: { limit: number; leaseMs: number }): Promise<ClaimedDelivery[]> {
    return tx.query<ClaimedDelivery>(
      `UPDATE webhook_deliveries d
          SET attempts = d.attempts + 1,
              next_attempt_at = clock_timestamp() + $3::bigint * interval '1 millisecond'
         FROM webhook_messages m, webhook_endpoints e
        WHERE d.delivery_id = ANY (ARRAY(
                SELECT delivery_id FROM webhook_deliveries
                 WHERE endpoint_id = $1 AND status = 'PENDING' AND next_attempt_at <= clock_timestamp()
                 ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED))
          AND m.message_id = d.message_id AND e.endpoint_id = d.endpoint_id AND e.is_enabled
      RETURNING d.delivery_id, d.endpoint_id, d.message_id, e.url, m.body, d.attempts AS attempt,
                d.attempts - d.attempts_before AS tries,
                (extract(epoch FROM clock_timestamp() - d.queued_at) * 1000)::float8 AS age_ms`,
      [endpointId, options.limit, options.leaseMs],
    );
  }

  async insertAttempt(tx: Tx, claimed: ClaimedDelivery, result: SendResult): Promise<void> {
    await tx.query(
      `INSERT INTO webhook_attempts (delivery_id, attempt, started_at, duration_ms, status_code, error)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [claimed.delivery_id, claimed.attempt, result.startedAt, result.durationMs, result.statusCode, result.error],
    );
  }

  /** Ends a delivery. Only the newest try may: one whose lease ran out has been replaced. */
  async settle(tx: Tx, claimed: ClaimedDelivery, status: 'DELIVERED' | 'FAILED'): Promise<void> {
    await tx.query(
      `UPDATE webhook_deliveries SET status = $3, settled_at = clock_timestamp()
        WHERE delivery_id = $1 AND attempts = $2 AND status = 'PENDING'`,
      [claimed.delivery_id, claimed.attempt, status],
    );
  }

  async retryIn(tx: Tx, claimed: ClaimedDelivery, delayMs: number): Promise<void> {
    await tx.query(
      `UPDATE webhook_deliveries SET next_attempt_at = clock_timestamp() + $3::bigint * interval '1 millisecond'
        WHERE delivery_id = $1 AND attempts = $2 AND status = 'PENDING'`,
      [claimed.delivery_id, claimed.attempt, delayMs],
    );
  }

  async lock(tx: Tx, deliveryId: string): Promise<LockedDelivery | undefined> {
    const [row] = await tx.query<LockedDelivery>(
      `SELECT d.delivery_id, d.endpoint_id, e.is_enabled
         FROM webhook_deliveries d JOIN webhook_endpoints e USING (endpoint_id)
        WHERE d.delivery_id = $1 FOR UPDATE OF d`,
      [deliveryId],
    );
    return row;
  }

  /** Due now, with the whole time for retries before it. The message and its id stay the same. */
  async requeue(tx: Tx, deliveryId: string): Promise<void> {
    await tx.query(
      `UPDATE webhook_deliveries
          SET status = 'PENDING', settled_at = NULL, attempts_before = attempts,
              queued_at = clock_timestamp(), next_attempt_at = clock_timestamp()
        WHERE delivery_id = $1`,
      [deliveryId],
    );
  }
}
