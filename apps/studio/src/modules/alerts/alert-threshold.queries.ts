import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { AvailableAfter } from './balance-crossings.ts';

export interface AlertThresholdSqlRow {
  readonly threshold_micro: string;
  readonly is_low: boolean;
  readonly created_at: Date;
}

/** Reads thresholds, and the part of the ledger they are folded from. */
@Injectable()
export class AlertThresholdQueries {
  constructor(private readonly pool: PgPool) {}

  /** Thresholds of an account, lowest first. */
  async ofAccount(accountId: string): Promise<AlertThresholdSqlRow[]> {
    const { rows } = await this.pool.query<AlertThresholdSqlRow>(
      'SELECT threshold_micro, is_low, created_at FROM alert_thresholds WHERE account_id = $1 ORDER BY threshold_micro',
      [accountId],
    );
    return rows;
  }

  /**
   * Accounts whose ledger went on since their thresholds were folded, by id from one on and then from the first: so that
   * each has its turn when there are more than fit. Wallets carry the head, so no ledger is read.
   * Materialised, because the limit makes the planner hope for an early end and walk both indexes row by row: there is
   * none when nobody is behind.
   */
  async accountsBehind(fromAccount: string, limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ account_id: string }>(
      `WITH behind AS MATERIALIZED (
         SELECT p.account_id FROM alert_positions p JOIN wallets w USING (account_id) WHERE p.folded_seq < w.seq)
       SELECT account_id FROM behind ORDER BY account_id < $1, account_id LIMIT $2`,
      [fromAccount, limit],
    );
    return rows.map((row) => row.account_id);
  }

  /** What was available after each row of the ledger behind `seq`, in order. */
  async availableAfter(tx: Tx, accountId: string, seq: bigint, limit: number): Promise<AvailableAfter[]> {
    const rows = await tx.query<{ seq: string; available_micro: string; created_at: Date }>(
      `SELECT seq, balance_after_micro - reserved_after_micro AS available_micro, created_at
         FROM ledger WHERE account_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [accountId, seq, limit],
    );
    return rows.map((row) => ({
      seq: BigInt(row.seq),
      availableMicro: BigInt(row.available_micro),
      at: row.created_at,
    }));
  }
}
