import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';

export const ENDPOINT_COLUMNS = `e.endpoint_id, e.url, e.description, e.event_types, e.is_enabled, e.disabled_reason,
  e.failing_since, e.version, e.created_at, e.updated_at`;

export interface WebhookEndpointSqlRow {
  readonly endpoint_id: string;
  readonly url: string;
  readonly description: string;
  readonly event_types: string[];
  readonly is_enabled: boolean;
  readonly disabled_reason: string | null;
  readonly failing_since: Date | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** A secret that signs now. */
export interface SealedSecretSqlRow {
  readonly secret_id: string;
  readonly sealed: Buffer;
}

/** Reads endpoints. */
@Injectable()
export class WebhookEndpointQueries {
  constructor(private readonly pool: PgPool) {}

  /** All of them, oldest first; there are few. */
  async all(): Promise<WebhookEndpointSqlRow[]> {
    const { rows } = await this.pool.query<WebhookEndpointSqlRow>(
      `SELECT ${ENDPOINT_COLUMNS} FROM webhook_endpoints e ORDER BY endpoint_id`,
    );
    return rows;
  }

  async byId(endpointId: string): Promise<WebhookEndpointSqlRow | undefined> {
    const { rows } = await this.pool.query<WebhookEndpointSqlRow>(
      `SELECT ${ENDPOINT_COLUMNS} FROM webhook_endpoints e WHERE endpoint_id = $1`,
      [endpointId],
    );
    return rows[0];
  }

  /** Secrets that sign now, the current one first. */
  async secrets(endpointId: string): Promise<SealedSecretSqlRow[]> {
    const { rows } = await this.pool.query<SealedSecretSqlRow>(
      `SELECT secret_id, sealed FROM webhook_secrets
        WHERE endpoint_id = $1 AND (expires_at IS NULL OR expires_at > clock_timestamp())
        ORDER BY expires_at DESC NULLS FIRST`,
      [endpointId],
    );
    return rows;
  }

  /** Endpoints that are switched off. */
  async disabledCount(): Promise<number> {
    const { rows } = await this.pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM webhook_endpoints WHERE NOT is_enabled',
    );
    return rows[0]?.count ?? 0;
  }
}
