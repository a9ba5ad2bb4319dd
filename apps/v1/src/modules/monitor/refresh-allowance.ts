import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { DomainError } from '@tandem/platform/errors';
import { V1Config } from '../../config/config.ts';

export type RefreshKind = 'summary' | 'detail';

/**
 * How often a person may have Studio asked past the cache. One press of the button refreshes the summary and the open
 * detail, so a window holds one of each. Counted in a table, so that replicas share it.
 */
@Injectable()
export class RefreshAllowance {
  constructor(
    private readonly pool: PgPool,
    private readonly config: V1Config,
  ) {}

  /** @throws DomainError `rate_limited` with `Retry-After`. */
  async take(userId: number, kind: RefreshKind): Promise<void> {
    // clock_timestamp, not now(): a statement that waited for the row's lock must see the time it goes on at.
    const { rowCount } = await this.pool.query(
      `INSERT INTO monitor_refreshes AS r (user_id, window_ends_at, taken)
       VALUES ($1, clock_timestamp() + make_interval(secs => $2), ARRAY[$3])
       ON CONFLICT (user_id) DO UPDATE SET
         window_ends_at = CASE WHEN r.window_ends_at <= clock_timestamp()
           THEN clock_timestamp() + make_interval(secs => $2) ELSE r.window_ends_at END,
         taken = CASE WHEN r.window_ends_at <= clock_timestamp() THEN excluded.taken ELSE r.taken || excluded.taken END
       WHERE r.window_ends_at <= clock_timestamp() OR NOT r.taken @> excluded.taken`,
      [userId, this.config.monitorRefreshCooldownSeconds, kind],
    );
    if (rowCount === 0) throw await this.refusal(userId);
  }

  private async refusal(userId: number): Promise<DomainError> {
    const { rows } = await this.pool.query<{ seconds: number }>(
      `SELECT ceil(extract(epoch FROM window_ends_at - clock_timestamp()))::int AS seconds
         FROM monitor_refreshes WHERE user_id = $1`,
      [userId],
    );
    const seconds = Math.max(rows[0]?.seconds ?? 1, 1);
    const text = `Refresh rate limited. Try again in ${seconds} seconds.`;
    return new DomainError('rate_limited', text, { retry_after_seconds: seconds }, { 'retry-after': String(seconds) });
  }
}
