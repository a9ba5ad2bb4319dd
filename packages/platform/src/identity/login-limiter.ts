import { createHash } from 'node:crypto';
import type { PgPool } from '../database/pool.ts';
import { DomainError } from '../errors.ts';

const WINDOW_SECONDS = 60;
const PER_ADDRESS_AND_ACCOUNT_MAX = 10;
const PER_ADDRESS_MAX = 100;

/**
 * Slows down password guessing, counted in the database so that replicas share it. The limit is per address and account
 * together: an attacker elsewhere cannot lock the owner out.
 */
export class LoginLimiter {
  constructor(private readonly pool: PgPool) {}

  /** Counts one try. @throws DomainError `rate_limited` with `Retry-After` */
  async count(address: string, account: string): Promise<void> {
    await this.countOne(address, PER_ADDRESS_MAX);
    await this.countOne(`${address}|${account.trim().toLowerCase()}`, PER_ADDRESS_AND_ACCOUNT_MAX);
  }

  private async countOne(subject: string, max: number): Promise<void> {
    const key = createHash('sha256').update(subject).digest();
    const { rows } = await this.pool.query<{ attempts: number; seconds_left: number }>(
      `INSERT INTO login_attempts AS a (key, window_ends_at, attempts)
       VALUES ($1, now() + make_interval(secs => $2), 1)
       ON CONFLICT (key) DO UPDATE SET
         attempts = CASE WHEN a.window_ends_at <= now() THEN 1 ELSE a.attempts + 1 END,
         window_ends_at = CASE WHEN a.window_ends_at <= now() THEN excluded.window_ends_at ELSE a.window_ends_at END
       RETURNING attempts, greatest(1, ceil(extract(epoch FROM window_ends_at - now())))::int AS seconds_left`,
      [key, WINDOW_SECONDS],
    );
    const { attempts, seconds_left } = rows[0] ?? { attempts: 1, seconds_left: 1 };
    if (attempts <= max) return;
    throw new DomainError(
      'rate_limited',
      'Too many sign-in attempts; try again later.',
      {},
      { 'retry-after': String(seconds_left) },
    );
  }

  /** Removes counters whose time is over. */
  async forgetOld(): Promise<void> {
    await this.pool.query(`DELETE FROM login_attempts WHERE window_ends_at < now() - interval '1 hour'`);
  }
}
