import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';

/** Where an account's months begin and end. */
export interface LifeSqlRow {
  /** Now, by the clock of the books. */
  readonly now: Date;
  /** Enrolment, or the first movement if that counts earlier; null: neither. */
  readonly began: Date | null;
  readonly head_seq: string;
  readonly folded_seq: string;
}

export interface ShortfallSumsSqlRow {
  readonly opened_count: number;
  readonly opened_micro: string;
  readonly closed_count: number;
  readonly closed_micro: string;
}

/** Reads what a statement shows beside the figures. Never writes. */
@Injectable()
export class StatementQueries {
  async life(tx: Tx, accountId: string): Promise<LifeSqlRow> {
    const [row] = await tx.query<LifeSqlRow & Record<string, unknown>>(
      `SELECT ledger_clock() AS now, coalesce(w.seq, 0) AS head_seq, coalesce(p.folded_seq, 0) AS folded_seq,
              least(a.enrolled_at, (SELECT l.effective_at FROM ledger l WHERE l.account_id = $1 AND l.seq = 1)) AS began
         FROM accounts a LEFT JOIN wallets w USING (account_id) LEFT JOIN lot_progress p USING (account_id)
        WHERE a.account_id = $1`,
      [accountId],
    );
    if (!row) throw new Error(`account ${accountId} vanished while it was read`);
    return row;
  }

  /** Shortfalls that came up, and those that were dealt with, from one moment until before another. */
  async shortfalls(tx: Tx, accountId: string, from: Date, to: Date): Promise<ShortfallSumsSqlRow> {
    const [row] = await tx.query<ShortfallSumsSqlRow & Record<string, unknown>>(
      `SELECT (count(*) FILTER (WHERE opened))::integer AS opened_count,
              coalesce(sum(amount_micro) FILTER (WHERE opened), 0)::text AS opened_micro,
              (count(*) FILTER (WHERE closed))::integer AS closed_count,
              coalesce(sum(amount_micro) FILTER (WHERE closed), 0)::text AS closed_micro
         FROM (SELECT amount_micro, created_at >= $2 AND created_at < $3 AS opened,
                      status <> 'OPEN' AND updated_at >= $2 AND updated_at < $3 AS closed
                 FROM shortfalls WHERE account_id = $1) s`,
      [accountId, from, to],
    );
    if (!row) throw new Error('a sum without a group always answers a row');
    return row;
  }
}
