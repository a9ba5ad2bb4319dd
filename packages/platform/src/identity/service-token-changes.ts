import type { Tx } from '../database/unit-of-work.ts';
import { newServiceToken } from './new-service-token.ts';
import type { ServiceToken } from './service-tokens.ts';

const COLUMNS =
  'id, client, scopes, namespace, created_at, expires_at, revoked_at, last_used_at, replaced_by, ' +
  '(revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())) AS is_live';

/** A token under its row lock. */
export type LockedServiceToken = ServiceToken & { readonly is_live: boolean };

/** What a new token may do, and for how long. */
export interface ServiceTokenGrant {
  readonly client: string;
  readonly scopes: readonly string[];
  readonly namespace: string | null;
  readonly expiresAt: Date | null;
}

/**
 * Changes of service tokens inside a transaction that does more, such as keeping a trail. `ServiceTokens` remembers tokens
 * for two seconds: call its `forget` after the commit.
 */
export class ServiceTokenChanges {
  /** Issues a token; its text is in the answer and nowhere else. */
  async issue(tx: Tx, grant: ServiceTokenGrant): Promise<{ row: LockedServiceToken; token: string }> {
    const { id, token, secretHash } = newServiceToken();
    const [row] = await tx.query<LockedServiceToken>(
      `INSERT INTO service_tokens (id, client, secret_hash, scopes, namespace, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${COLUMNS}`,
      [id, grant.client, secretHash, [...grant.scopes], grant.namespace, grant.expiresAt],
    );
    if (!row) throw new Error('a new service token did not come back');
    return { row, token };
  }

  async lock(tx: Tx, id: string): Promise<LockedServiceToken | undefined> {
    const [row] = await tx.query<LockedServiceToken>(`SELECT ${COLUMNS} FROM service_tokens WHERE id = $1 FOR UPDATE`, [
      id,
    ]);
    return row;
  }

  /** Lets a token end after that many minutes, or earlier if it would have, and names its successor. */
  async replace(
    tx: Tx,
    id: string,
    successor: { readonly id: string; readonly overlapMinutes: number },
  ): Promise<void> {
    await tx.query(
      `UPDATE service_tokens SET replaced_by = $2,
              expires_at = least(expires_at, clock_timestamp() + make_interval(mins => $3)) WHERE id = $1`,
      [id, successor.id, successor.overlapMinutes],
    );
  }

  async revoke(tx: Tx, id: string): Promise<void> {
    await tx.query('UPDATE service_tokens SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = $1', [
      id,
    ]);
  }
}
