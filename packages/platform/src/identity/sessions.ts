import { createHash, randomBytes } from 'node:crypto';
import type { OnModuleDestroy } from '@nestjs/common';
import { newId } from '../ids.ts';
import type { PgPool } from '../database/pool.ts';
import { CredentialCache } from './credential-cache.ts';
import { LastSeen } from './last-seen.ts';
import type { UserPrincipal } from './principal.ts';

export const SESSION_SECONDS = 12 * 60 * 60;

const TOKEN_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** A live session and the user behind it. */
export interface Session {
  readonly id: string;
  readonly user: UserPrincipal;
}

interface SessionRow {
  session_id: string;
  id: number;
  email: string;
  name: string;
  role: string;
  client_id: number | null;
}

/** Sessions of signed-in users: an opaque token outside, its hash inside, revocable at any time. */
export class Sessions implements OnModuleDestroy {
  private readonly cache = new CredentialCache<Session>((key) => this.load(key));
  private readonly lastSeen = new LastSeen((id) =>
    this.pool.query('UPDATE user_sessions SET last_seen_at = now() WHERE id = $1', [id]),
  );

  constructor(private readonly pool: PgPool) {}

  /** Starts a session of 12 hours and gives its token, which is not stored and cannot be shown again. */
  async create(userId: number): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.pool.query(
      `INSERT INTO user_sessions (id, token_hash, user_id, expires_at)
       VALUES ($1, $2, $3, now() + make_interval(secs => $4))`,
      [newId(), Buffer.from(hashOf(token), 'hex'), userId, SESSION_SECONDS],
    );
    return token;
  }

  /** The live session of a token, or null. A revocation elsewhere is seen within two seconds. */
  async find(token: string): Promise<Session | null> {
    if (!TOKEN_PATTERN.test(token)) return null;
    const session = await this.cache.get(hashOf(token));
    if (session !== null) this.lastSeen.touch(session.id);
    return session;
  }

  /** Ends one session, here at once. */
  async revoke(token: string): Promise<void> {
    const key = hashOf(token);
    await this.pool.query('UPDATE user_sessions SET revoked_at = now() WHERE token_hash = $1 AND revoked_at IS NULL', [
      Buffer.from(key, 'hex'),
    ]);
    this.cache.forget(key);
  }

  /** Ends every session of a user, for a changed password or a disabled account. */
  async revokeAll(userId: number): Promise<void> {
    await this.pool.query('UPDATE user_sessions SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL', [
      userId,
    ]);
    this.cache.clear();
  }

  async onModuleDestroy(): Promise<void> {
    await this.lastSeen.settle();
  }

  private async load(key: string): Promise<Session | null> {
    const { rows } = await this.pool.query<SessionRow>(
      `SELECT s.id AS session_id, u.id, u.email, u.name, u.role, u.client_id
       FROM user_sessions s JOIN users u ON u.id = s.user_id
       WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND u.active`,
      [Buffer.from(key, 'hex')],
    );
    const row = rows[0];
    if (row === undefined) return null;
    const { session_id, client_id, ...user } = row;
    return { id: session_id, user: { kind: 'user', ...user, clientId: client_id } };
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
