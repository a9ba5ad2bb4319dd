import { Injectable } from '@nestjs/common';
import type { ReservationStatus } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import type { ReservationSqlRow } from './credits.convert.ts';

/** One page of an account's rows: at most `limit`, from below `before`. */
export interface PageBefore {
  readonly limit: number;
  readonly before: string | undefined;
}

/** Reads holds of one account, newest first. Never writes. */
@Injectable()
export class CreditQueries {
  constructor(private readonly pool: PgPool) {}

  /**
   * Holds by id: ids are UUIDv7 made when the command arrived, so the primary key is also the order of time and no
   * other index is needed. A hold past its time reads as EXPIRED before the sweeper writes it.
   */
  async reservations(accountId: string, page: PageBefore, status?: ReservationStatus): Promise<ReservationSqlRow[]> {
    const { rows } = await this.pool.query<ReservationSqlRow>({
      name: 'account-reservations',
      text: `
        SELECT r.account_id, r.reservation_id, r.amount_micro, r.held_micro, r.ref_type, r.ref_id, r.acceptance, r.idempotency_key,
               r.created_at, r.expires_at, r.resolved_at, a.tenant_id, state.status
          FROM reservations r
          JOIN accounts a USING (account_id)
         CROSS JOIN LATERAL (
               SELECT CASE WHEN r.status = 'ACTIVE' AND r.expires_at <= ledger_clock() THEN 'EXPIRED' ELSE r.status END AS status
               ) state
         WHERE r.account_id = $1
           AND ($2::uuid IS NULL OR r.reservation_id < $2)
           AND ($3::text IS NULL OR state.status = $3)
         ORDER BY r.reservation_id DESC
         LIMIT $4`,
      values: [accountId, page.before ?? null, status ?? null, page.limit],
    });
    return rows;
  }
}
