import { Injectable } from '@nestjs/common';
import type { LedgerKind } from '@tandem/contracts';
import type { Tx } from '@tandem/platform/database/unit-of-work';

/** Figures of an account before a moment, and the parts they are made of. Amounts in micro-credits. */
export interface FiguresSqlRow {
  /** Last row written before the moment; 0: none. */
  readonly seq: string;
  readonly balance_micro: string;
  readonly reserved_micro: string;
  /** Ends written at the moment or later that count before it. */
  readonly late_count: number;
  /** Effect of ends that nobody has written yet. */
  readonly unwritten_count: number;
  readonly unwritten_balance_micro: string;
  readonly unwritten_reserved_micro: string;
}

/** Rows of one kind together; `balance_count` of them moved the balance, `reserved_count` what is reserved. */
export interface KindSqlRow {
  readonly kind: LedgerKind;
  readonly balance_count: number;
  readonly balance_micro: string;
  readonly reserved_count: number;
  readonly reserved_micro: string;
}

const SUMS_BY_KIND = `
  SELECT kind, (count(*) FILTER (WHERE balance_delta_micro <> 0))::integer AS balance_count,
         sum(balance_delta_micro)::text AS balance_micro,
         (count(*) FILTER (WHERE reserved_delta_micro <> 0))::integer AS reserved_count,
         sum(reserved_delta_micro)::text AS reserved_micro`;

/** Figures of an account at any moment: the fold of all rows that count before it, without reading them all. */
@Injectable()
export class BookFiguresQueries {
  /** Figures before each of these moments, in the order given. All come from one state of the database. */
  async before(tx: Tx, accountId: string, moments: readonly string[]): Promise<FiguresSqlRow[]> {
    return tx.query<FiguresSqlRow & Record<string, unknown>>(
      `WITH ends AS MATERIALIZED (SELECT * FROM unwritten_ends($1))
       SELECT s.seq, coalesce(l.balance_after_micro, 0) + late.balance + unwritten.balance AS balance_micro,
              coalesce(l.reserved_after_micro, 0) + late.reserved + unwritten.reserved AS reserved_micro,
              late.count AS late_count, unwritten.count AS unwritten_count,
              unwritten.balance AS unwritten_balance_micro, unwritten.reserved AS unwritten_reserved_micro
         FROM unnest($2::timestamptz[]) WITH ORDINALITY m (moment, place)
        CROSS JOIN LATERAL (SELECT ledger_seq_before($1, m.moment) AS seq OFFSET 0) s
         LEFT JOIN ledger l ON l.account_id = $1 AND l.seq = s.seq
        CROSS JOIN LATERAL (
              SELECT coalesce(sum(e.balance_delta_micro), 0) AS balance, coalesce(sum(e.reserved_delta_micro), 0) AS reserved,
                     count(*)::integer AS count
                FROM late_ends($1, m.moment) e) late
        CROSS JOIN LATERAL (
              SELECT coalesce(-sum(e.amount_micro) FILTER (WHERE e.kind <> 'EXPIRE'), 0) AS balance,
                     coalesce(-sum(e.amount_micro) FILTER (WHERE e.kind = 'EXPIRE'), 0) AS reserved,
                     count(*)::integer AS count
                FROM ends e WHERE e.effective_at < m.moment) unwritten
        ORDER BY m.place`,
      [accountId, moments],
    );
  }

  /** Rows after one position that count before a moment, by kind: those written before it, and the ends written later. */
  sumsAfter(tx: Tx, accountId: string, rows: { after: string; upTo: string; before: string }): Promise<KindSqlRow[]> {
    return tx.query<KindSqlRow & Record<string, unknown>>(
      `${SUMS_BY_KIND}
         FROM (SELECT kind, balance_delta_micro, reserved_delta_micro FROM ledger
                WHERE account_id = $1 AND seq > $2 AND seq <= $3
               UNION ALL
               SELECT kind, balance_delta_micro, reserved_delta_micro FROM late_ends($1, $4)) counted
        GROUP BY kind ORDER BY kind`,
      [accountId, rows.after, rows.upTo, rows.before],
    );
  }

  /** Rows that count from one moment until before another, by kind, with ends that nobody has written yet. */
  sumsWithin(tx: Tx, accountId: string, from: string, before: string): Promise<KindSqlRow[]> {
    return tx.query<KindSqlRow & Record<string, unknown>>(
      `WITH bounds AS MATERIALIZED (SELECT ledger_seq_before($1, $2) AS first, ledger_seq_before($1, $3) AS last)
       ${SUMS_BY_KIND}
         FROM (SELECT l.kind, l.balance_delta_micro, l.reserved_delta_micro FROM ledger l
                WHERE l.account_id = $1 AND l.seq > (SELECT first FROM bounds) AND l.seq <= (SELECT last FROM bounds)
                  AND l.effective_at >= $2
               UNION ALL
               SELECT e.kind, e.balance_delta_micro, e.reserved_delta_micro FROM late_ends($1, $3) e
                WHERE e.effective_at >= $2
               UNION ALL
               SELECT u.kind, CASE u.kind WHEN 'EXPIRE' THEN 0 ELSE -u.amount_micro END,
                      CASE u.kind WHEN 'EXPIRE' THEN -u.amount_micro ELSE 0 END
                 FROM unwritten_ends($1) u WHERE u.effective_at >= $2 AND u.effective_at < $3) counted
        GROUP BY kind ORDER BY kind`,
      [accountId, from, before],
    );
  }

  /** Ends that count from one moment until before another and that nobody has written yet. */
  async unwrittenWithin(
    tx: Tx,
    accountId: string,
    from: string,
    before: string,
  ): Promise<{ readonly count: number; readonly micro: string }> {
    const [row] = await tx.query<{ count: number; micro: string }>(
      `SELECT count(*)::integer AS count, coalesce(sum(u.amount_micro), 0)::text AS micro
         FROM unwritten_ends($1) u WHERE u.effective_at >= $2 AND u.effective_at < $3`,
      [accountId, from, before],
    );
    return row ?? { count: 0, micro: '0' };
  }
}
