import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { ENDPOINT_COLUMNS, type WebhookEndpointSqlRow } from './webhook-endpoint.queries.ts';

/** What an admin says about an endpoint. */
export interface EndpointFields {
  readonly url: string;
  readonly description: string;
  readonly eventTypes: readonly string[];
  readonly isEnabled: boolean;
}

/** All SQL that writes endpoints and their secrets. */
@Injectable()
export class WebhookEndpointStore {
  async lock(tx: Tx, endpointId: string): Promise<WebhookEndpointSqlRow | undefined> {
    const [row] = await tx.query<WebhookEndpointSqlRow>(
      `SELECT ${ENDPOINT_COLUMNS} FROM webhook_endpoints e WHERE endpoint_id = $1 FOR NO KEY UPDATE`,
      [endpointId],
    );
    return row;
  }

  async insert(tx: Tx, endpointId: string, fields: EndpointFields): Promise<void> {
    await tx.query(
      'INSERT INTO webhook_endpoints (endpoint_id, url, description, event_types) VALUES ($1, $2, $3, $4)',
      [endpointId, fields.url, fields.description, fields.eventTypes],
    );
  }

  /** Switching on forgets the failures before. */
  async update(tx: Tx, endpointId: string, fields: EndpointFields): Promise<void> {
    await tx.query(
      `UPDATE webhook_endpoints
          SET url = $2, description = $3, event_types = $4, is_enabled = $5,
              disabled_reason = CASE WHEN $5 THEN NULL ELSE coalesce(disabled_reason, 'switched off by an admin') END,
              failing_since = CASE WHEN $5 AND NOT is_enabled THEN NULL ELSE failing_since END,
              version = version + 1, updated_at = clock_timestamp()
        WHERE endpoint_id = $1`,
      [endpointId, fields.url, fields.description, fields.eventTypes, fields.isEnabled],
    );
  }

  async noteSuccess(tx: Tx, endpointId: string): Promise<void> {
    await tx.query(
      'UPDATE webhook_endpoints SET failing_since = NULL WHERE endpoint_id = $1 AND failing_since IS NOT NULL',
      [endpointId],
    );
  }

  async noteFailure(tx: Tx, endpointId: string): Promise<void> {
    await tx.query(
      'UPDATE webhook_endpoints SET failing_since = clock_timestamp() WHERE endpoint_id = $1 AND failing_since IS NULL',
      [endpointId],
    );
  }

  /**
   * Switches an endpoint off that has failed without one success for longer than `failingForMs`; 0: at once.
   * @returns false when it was off before, or not failing for so long
   */
  async disable(tx: Tx, endpointId: string, reason: string, failingForMs: number): Promise<boolean> {
    const count = await tx.execute(
      `UPDATE webhook_endpoints
          SET is_enabled = false, disabled_reason = $2, version = version + 1, updated_at = clock_timestamp()
        WHERE endpoint_id = $1 AND is_enabled
          AND failing_since <= clock_timestamp() - $3::bigint * interval '1 millisecond'`,
      [endpointId, reason, failingForMs],
    );
    return count > 0;
  }

  async insertSecret(tx: Tx, secret: { endpointId: string; secretId: string; sealed: Buffer }): Promise<void> {
    await tx.query('INSERT INTO webhook_secrets (endpoint_id, secret_id, sealed) VALUES ($1, $2, $3)', [
      secret.endpointId,
      secret.secretId,
      secret.sealed,
    ]);
  }

  /** The current secret signs for so long beside the new one; older ones end now, so that never more than two sign. */
  async retireSecrets(tx: Tx, endpointId: string, overlapHours: number): Promise<void> {
    await tx.query(
      `UPDATE webhook_secrets
          SET expires_at = CASE WHEN expires_at IS NULL THEN clock_timestamp() + $2::int * interval '1 hour'
                                ELSE least(expires_at, clock_timestamp()) END
        WHERE endpoint_id = $1`,
      [endpointId, overlapHours],
    );
  }
}
