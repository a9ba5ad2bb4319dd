import { Injectable } from '@nestjs/common';
import type { BillingMode, Credits } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import type { CursorPosition } from '@tandem/platform/http/paging';
import { readCursor } from '../../http/read-cursor.ts';
import type { AccountSqlRow } from './account.convert.ts';
import { ACCOUNT_COLUMNS } from './account.queries.ts';

/**
 * Orders of the list: SQL of the sort key, its type, and its direction. The account id settles equal keys. Times are
 * whole microseconds, which a cursor carries without loss.
 */
const ACCOUNT_SORTS = {
  external_key: { key: 'external_key COLLATE "C"', type: 'text', direction: 'ASC' },
  display_name: { key: 'lower(display_name) COLLATE "C"', type: 'text', direction: 'ASC' },
  available: { key: 'coalesce(stored_available_micro, 0)', type: 'bigint', direction: 'ASC' },
  enrolled_at: { key: microseconds('coalesce(enrolled_at, created_at)'), type: 'bigint', direction: 'DESC' },
  last_event_at: { key: microseconds("coalesce(last_activity_at, 'epoch')"), type: 'bigint', direction: 'DESC' },
} as const;

function microseconds(time: string): string {
  return `(extract(epoch FROM ${time}) * 1000000)::bigint`;
}

export type AccountSort = keyof typeof ACCOUNT_SORTS;
export const ACCOUNT_SORT_NAMES = Object.keys(ACCOUNT_SORTS) as AccountSort[];

/** Statuses an operator may filter by; UNENROLLED lists accounts that only collect events. */
export const LISTED_STATUSES = ['ACTIVE', 'SUSPENDED', 'UNENROLLED'] as const;

/** Which accounts an operator wants to see. */
export interface AccountFilter {
  readonly search?: string | undefined;
  readonly mode?: BillingMode | undefined;
  readonly status?: (typeof LISTED_STATUSES)[number] | undefined;
  readonly lowBalanceBelow?: Credits | undefined;
}

/**
 * Where a page of the list starts.
 * @throws DomainError `bad_request` when it is not a cursor of this order
 */
export function readAccountCursor(cursor: string | undefined, sort: AccountSort): CursorPosition | undefined {
  return readCursor(cursor, [ACCOUNT_SORTS[sort].type === 'text' ? 'text' : 'integer', 'uuid']);
}

/** A row of the list with its sort key as text. */
export interface ListedAccountSqlRow extends AccountSqlRow {
  readonly sort_key: string;
}

/** How many accounts there are, by how they pay. */
export interface AccountCounts {
  readonly POSTPAID: number;
  readonly CREDIT: number;
  readonly UNENROLLED: number;
}

/** The operators' list of accounts. */
@Injectable()
export class AccountListQueries {
  constructor(private readonly pool: PgPool) {}

  /**
   * What is over or wanted back of lots is worked out for the accounts of the page alone: at one midnight it may be
   * thousands of accounts, each of them slow. Order and filter take the written figures.
   */
  async page(
    filter: AccountFilter,
    page: { readonly sort: AccountSort; readonly limit: number; readonly after: CursorPosition | undefined },
  ): Promise<ListedAccountSqlRow[]> {
    const { key, type, direction } = ACCOUNT_SORTS[page.sort];
    const beyond = direction === 'ASC' ? '>' : '<';
    const { rows } = await this.pool.query<ListedAccountSqlRow>(
      `WITH overdue AS (
         SELECT account_id, sum(held_micro)::bigint AS micro FROM reservations
          WHERE status = 'ACTIVE' AND expires_at <= ledger_clock() GROUP BY account_id
       ), listed AS (
         SELECT a.account_id, a.external_key, a.display_name, a.created_at, a.enrolled_at,
                greatest(a.last_event_at, w.last_entry_at) AS last_activity_at, w.billing_mode, w.account_status,
                w.balance_micro - w.reserved_micro + coalesce(overdue.micro, 0) AS stored_available_micro
           FROM accounts a LEFT JOIN wallets w USING (account_id) LEFT JOIN overdue USING (account_id)
       ), page AS (
         SELECT account_id, ${key} AS sort_key FROM listed
          WHERE ($1::text IS NULL OR external_key ILIKE $1 OR display_name ILIKE $1)
            AND ($2::text IS NULL OR billing_mode = $2)
            AND CASE WHEN $3::text IS NULL THEN account_status IS NOT NULL
                     ELSE coalesce(account_status, 'UNENROLLED') = $3 END
            AND ($4::bigint IS NULL OR stored_available_micro < $4)
            AND ($6::uuid IS NULL OR (${key}, account_id) ${beyond} ($5::${type}, $6::uuid))
          ORDER BY ${key} ${direction}, account_id ${direction}
          LIMIT $7
       )
       SELECT ${ACCOUNT_COLUMNS}, page.sort_key::text AS sort_key
         FROM page JOIN accounts a USING (account_id)
         LEFT JOIN wallets w USING (account_id)
         LEFT JOIN overdue USING (account_id)
        ORDER BY page.sort_key ${direction}, account_id ${direction}`,
      [
        filter.search === undefined ? null : `%${escapeLike(filter.search)}%`,
        filter.mode ?? null,
        filter.status ?? null,
        filter.lowBalanceBelow?.toString() ?? null,
        page.after?.[0] ?? null,
        page.after?.[1] ?? null,
        page.limit,
      ],
    );
    return rows;
  }

  async counts(): Promise<AccountCounts> {
    const { rows } = await this.pool.query<{ mode: keyof AccountCounts; accounts: string }>(
      `SELECT coalesce(w.billing_mode, 'UNENROLLED') AS mode, count(*) AS accounts
         FROM accounts a LEFT JOIN wallets w USING (account_id) GROUP BY 1`,
    );
    const found = Object.fromEntries(rows.map((row) => [row.mode, Number(row.accounts)]));
    return { POSTPAID: 0, CREDIT: 0, UNENROLLED: 0, ...found };
  }
}

/** What a person types is searched for as it stands. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
