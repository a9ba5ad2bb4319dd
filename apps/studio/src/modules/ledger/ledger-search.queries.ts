import { Injectable } from '@nestjs/common';
import type { LedgerKind } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import type { LedgerSqlRow } from './credits.convert.ts';

/** Which movements. Times are UTC with microseconds: from then on, and before then, by `effective_at`. */
export interface LedgerFilter {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly kind?: LedgerKind | undefined;
  readonly refType?: string | undefined;
  readonly refId?: string | undefined;
}

/** Positions to look at: above the first, up to and with the second. */
export interface SeqRange {
  readonly above: number;
  readonly upTo: number;
}

/** Finds movements of one account by what they are. Never writes. */
@Injectable()
export class LedgerSearchQueries {
  constructor(private readonly pool: PgPool) {}

  /** The positions between which all movements of a filter are. Ends that were written late lie behind their time. */
  async range(accountId: string, filter: LedgerFilter): Promise<SeqRange> {
    const { rows } = await this.pool.query<{ above: string; up_to: string }>({
      name: 'ledger-search-range',
      text: `
        SELECT CASE WHEN $2::timestamptz IS NULL THEN 0 ELSE ledger_seq_before($1, $2) END AS above,
               CASE WHEN $3::timestamptz IS NULL
                    THEN coalesce((SELECT max(l.seq) FROM ledger l WHERE l.account_id = $1), 0)
                    ELSE greatest(ledger_seq_before($1, $3), (SELECT max(e.seq) FROM late_ends($1, $3) e)) END AS up_to`,
      values: [accountId, filter.from ?? null, filter.to ?? null],
    });
    return { above: Number(rows[0]?.above ?? 0), upTo: Number(rows[0]?.up_to ?? 0) };
  }

  /** At most `limit` movements of a filter in a range of positions. */
  async find(
    accountId: string,
    filter: LedgerFilter,
    { above, upTo }: SeqRange,
    order: { readonly direction: 'ASC' | 'DESC'; readonly limit: number },
  ): Promise<LedgerSqlRow[]> {
    const { rows } = await this.pool.query<LedgerSqlRow & Record<string, unknown>>({
      name: `ledger-search-${order.direction}`,
      text: `
        SELECT l.account_id, l.seq, l.entry_id, l.kind, l.balance_delta_micro, l.reserved_delta_micro,
               l.balance_after_micro, l.reserved_after_micro, l.reservation_id, l.ref_type, l.ref_id, l.acceptance,
               l.client, l.idempotency_key, l.actor, l.reason, l.effective_at, l.created_at, a.tenant_id
          FROM ledger l
          JOIN accounts a USING (account_id)
         WHERE l.account_id = $1 AND l.seq > $2 AND l.seq <= $3
           AND ($4::timestamptz IS NULL OR l.effective_at >= $4)
           AND ($5::timestamptz IS NULL OR l.effective_at < $5)
           AND ($6::text IS NULL OR l.kind = $6)
           AND ($7::text IS NULL OR l.ref_type = $7)
           AND ($8::text IS NULL OR l.ref_id = $8)
         ORDER BY l.seq ${order.direction}
         LIMIT $9`,
      values: [
        accountId,
        above,
        upTo,
        filter.from ?? null,
        filter.to ?? null,
        filter.kind ?? null,
        filter.refType ?? null,
        filter.refId ?? null,
        order.limit,
      ],
    });
    return rows;
  }
}
