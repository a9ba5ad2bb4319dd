import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { ThresholdState } from './balance-crossings.ts';

/** All SQL that writes thresholds. */
@Injectable()
export class AlertThresholdStore {
  /**
   * Locks the thresholds of an account and reads them, lowest first. Whoever folds or changes them holds these locks,
   * so two replicas fold one after the other and the second finds nothing left.
   */
  async lock(tx: Tx, accountId: string): Promise<ThresholdState[]> {
    const rows = await tx.query<{ threshold_micro: string; is_low: boolean; folded_seq: string }>(
      `SELECT threshold_micro, is_low, folded_seq FROM alert_thresholds
        WHERE account_id = $1 ORDER BY threshold_micro FOR UPDATE`,
      [accountId],
    );
    return rows.map((row) => ({
      thresholdMicro: BigInt(row.threshold_micro),
      isLow: row.is_low,
      foldedSeq: BigInt(row.folded_seq),
    }));
  }

  /**
   * Makes these the thresholds of the account. One that is there already keeps its state; a new one starts with the
   * state of the wallet, whose lock the caller holds: rows up to that one are not its business.
   */
  async replace(tx: Tx, accountId: string, thresholdsMicro: readonly bigint[]): Promise<void> {
    await tx.query('DELETE FROM alert_thresholds WHERE account_id = $1 AND threshold_micro <> ALL ($2::bigint[])', [
      accountId,
      thresholdsMicro,
    ]);
    await tx.query(
      `INSERT INTO alert_thresholds (account_id, threshold_micro, is_low, folded_seq)
       SELECT w.account_id, t.micro, w.balance_micro - w.reserved_micro <= t.micro, w.seq
         FROM wallets w CROSS JOIN unnest($2::bigint[]) AS t(micro)
        WHERE w.account_id = $1
       ON CONFLICT (account_id, threshold_micro) DO NOTHING`,
      [accountId, thresholdsMicro],
    );
  }

  /** Keeps how far the account's thresholds are folded, and their state there. */
  async advance(tx: Tx, accountId: string, thresholds: readonly ThresholdState[]): Promise<void> {
    await tx.query(
      `UPDATE alert_thresholds t SET is_low = f.is_low, folded_seq = f.folded_seq
         FROM unnest($2::bigint[], $3::boolean[], $4::bigint[]) AS f(threshold_micro, is_low, folded_seq)
        WHERE t.account_id = $1 AND t.threshold_micro = f.threshold_micro`,
      [
        accountId,
        thresholds.map(({ thresholdMicro }) => thresholdMicro),
        thresholds.map(({ isLow }) => isLow),
        thresholds.map(({ foldedSeq }) => foldedSeq),
      ],
    );
  }
}
