import { timingSafeEqual } from 'node:crypto';
import type { OnModuleDestroy } from '@nestjs/common';
import type { PgPool } from '../database/pool.ts';
import { DomainError } from '../errors.ts';
import { CredentialCache } from './credential-cache.ts';
import { LastSeen } from './last-seen.ts';
import { hashOfSecret, newServiceToken } from './new-service-token.ts';
import type { ServicePrincipal } from './principal.ts';

const TOKEN_PATTERN = /^tdm_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;
/** Where a token has its id. */
const ID_PLACE = [4, 20] as const;

/** A token as administrators see it; the secret is not in it. */
export interface ServiceToken {
  readonly id: string;
  readonly client: string;
  readonly scopes: string[];
  readonly namespace: string | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
  /** The token that was issued to follow this one. */
  readonly replaced_by: string | null;
}

interface KnownToken {
  readonly secretHash: Buffer;
  readonly expiresAt: number;
  readonly principal: ServicePrincipal;
  /** The whole token that was found right, for as long as its row is remembered: hashing costs more than all else here. */
  accepted?: Buffer;
}

/** What is compared has one length each time: the time taken says nothing about the secret. */
function isRight(known: KnownToken, token: string): boolean {
  const given = Buffer.from(token);
  if (known.accepted?.length === given.length && timingSafeEqual(given, known.accepted)) return true;
  const secret = TOKEN_PATTERN.exec(token)?.[2];
  if (secret === undefined || !timingSafeEqual(hashOfSecret(secret), known.secretHash)) return false;
  known.accepted = given;
  return true;
}

/** True for a text that claims to be a service token, right or wrong. */
export function looksLikeServiceToken(text: string): boolean {
  return text.startsWith('tdm_');
}

/** Credentials of other programs. Any number may be valid at once for a client, so they rotate without a gap. */
export class ServiceTokens implements OnModuleDestroy {
  private readonly cache = new CredentialCache<KnownToken>((id) => this.load(id));
  private readonly lastSeen = new LastSeen((id) =>
    this.pool.query('UPDATE service_tokens SET last_used_at = now() WHERE id = $1', [id]),
  );

  constructor(private readonly pool: PgPool) {}

  /** Issues a token. It is shown this once: only a hash of its secret is kept. */
  async issue(request: {
    readonly client: string;
    readonly scopes: readonly string[];
    readonly namespace: string | null;
    readonly expiresAt?: Date;
  }): Promise<{ id: string; token: string }> {
    const { id, token, secretHash } = newServiceToken();
    await this.pool.query(
      `INSERT INTO service_tokens (id, client, secret_hash, scopes, namespace, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
      [id, request.client, secretHash, [...request.scopes], request.namespace, request.expiresAt ?? null],
    );
    return { id, token };
  }

  /** Ends a token, here at once and elsewhere within two seconds. @throws DomainError `not_found` */
  async revoke(id: string): Promise<void> {
    const { rowCount } = await this.pool.query(
      'UPDATE service_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1',
      [id],
    );
    this.cache.forget(id);
    if (rowCount === 0) throw new DomainError('not_found', 'There is no such service token.');
  }

  /** Looks a token up again at its next use: it was changed. */
  forget(id: string): void {
    this.cache.forget(id);
  }

  async list(): Promise<ServiceToken[]> {
    const { rows } = await this.pool.query<ServiceToken>(
      `SELECT id, client, scopes, namespace, created_at, expires_at, revoked_at, last_used_at, replaced_by
       FROM service_tokens ORDER BY created_at DESC, id`,
    );
    return rows;
  }

  /**
   * The service behind a token, or null when it is malformed, unknown, wrong, expired or revoked. Answers without a
   * promise when the token was looked up within the last two seconds.
   */
  verify(token: string): ServicePrincipal | null | Promise<ServicePrincipal | null> {
    const known = this.cache.peek(token.slice(...ID_PLACE));
    return known === undefined ? this.look(token) : this.accept(known, token);
  }

  private look(token: string): null | Promise<ServicePrincipal | null> {
    const [, id] = TOKEN_PATTERN.exec(token) ?? [];
    return id === undefined ? null : this.cache.get(id).then((loaded) => this.accept(loaded, token));
  }

  private accept(known: KnownToken | null, token: string): ServicePrincipal | null {
    if (known === null || !isRight(known, token) || known.expiresAt <= Date.now()) return null;
    this.lastSeen.touch(known.principal.tokenId);
    return known.principal;
  }

  async onModuleDestroy(): Promise<void> {
    await this.lastSeen.settle();
  }

  private async load(id: string): Promise<KnownToken | null> {
    const { rows } = await this.pool.query<ServiceToken & { secret_hash: Buffer }>(
      `SELECT id, client, secret_hash, scopes, namespace, expires_at FROM service_tokens
       WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
      [id],
    );
    const row = rows[0];
    if (row === undefined) return null;
    const { client, scopes, namespace } = row;
    return {
      secretHash: row.secret_hash,
      expiresAt: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
      principal: Object.freeze({ kind: 'service', client, tokenId: row.id, scopes, namespace }),
    };
  }
}
