import { Injectable } from '@nestjs/common';
import { toBarePgArray } from '@tandem/platform/database/pg-array';
import { PgPool } from '@tandem/platform/database/pool';
import type { AccountSqlRow, AccountStatusSqlRow } from './account.convert.ts';

/**
 * An account with the figures it has now. A hold past its time counts as free before the sweeper writes it, so what
 * overdue holds keep is taken off `reserved`; what is over or wanted back of lots is taken off the balance.
 */
const STATUS_COLUMNS = `
  a.account_id, a.external_key, a.tenant_id, a.account_type, a.display_name, a.payment_terms_days, a.currency, a.is_enabled,
  to_char(greatest(a.last_event_at, w.last_entry_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS last_activity_at,
  w.billing_mode, w.account_status,
  w.balance_micro - CASE WHEN w.next_lot_expiry_at <= (SELECT ledger_clock()) OR w.held_lots_due
                       THEN due_lot_credits(w.account_id) ELSE 0 END AS balance_micro,
  w.reserved_micro - coalesce(overdue.micro, 0)::bigint AS reserved_micro`;

/** The same with what only operators and their acts need. */
export const ACCOUNT_COLUMNS = `${STATUS_COLUMNS}, a.version, a.created_at, a.enrolled_at, w.overdraft_limit_micro`;

/** Reads what services and operators ask about accounts. Never writes. */
@Injectable()
export class AccountQueries {
  constructor(private readonly pool: PgPool) {}

  /** One account, enrolled or not. */
  async byId(accountId: string): Promise<AccountSqlRow | undefined> {
    const { rows } = await this.pool.query<AccountSqlRow>({
      name: 'account-by-id',
      text: byIds(ACCOUNT_COLUMNS),
      values: [toBarePgArray([accountId])],
    });
    return rows[0];
  }

  /** Status of accounts, enrolled or not, in one read. Unknown ids are absent. */
  async statusesByIds(accountIds: readonly string[]): Promise<Map<string, AccountStatusSqlRow>> {
    const { rows } = await this.pool.query<AccountStatusSqlRow>({
      name: 'account-statuses',
      text: byIds(STATUS_COLUMNS),
      values: [toBarePgArray(accountIds)],
    });
    return new Map(rows.map((row) => [row.account_id, row]));
  }
}

function byIds(columns: string): string {
  return `
    SELECT ${columns}
      FROM accounts a
      LEFT JOIN wallets w USING (account_id)
      LEFT JOIN (
        SELECT account_id, sum(held_micro) AS micro
          FROM reservations
         WHERE status = 'ACTIVE' AND expires_at <= ledger_clock() AND account_id = ANY($1::uuid[])
         GROUP BY account_id
      ) overdue USING (account_id)
     WHERE a.account_id = ANY($1::uuid[])`;
}
