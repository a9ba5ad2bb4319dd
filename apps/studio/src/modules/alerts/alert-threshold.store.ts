import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { ThresholdState } from './balance-crossings.ts';

/** The thresholds of an account, and how far its ledger is folded into them. */
export interface FoldedThresholds {
  readonly foldedSeq: bigint;
  /** Lowest first. */
  readonly thresholds: readonly ThresholdState[];
}

/** All SQL that writes thresholds. */
@Injectable()
export class AlertThresholdStore {
  /**
   * Locks the position of an account and reads its thresholds; undefined when it has none. Whoever folds or changes them
   * holds this lock, so two replicas fold one after the other and the second finds nothing left.
   */
  async lock(tx: Tx, accountId: string): Promise<FoldedThresholds | undefined> {
    const [position] = await tx.query<{ folded_seq: string }>(
      'SELECT folded_seq FROM alert_positions WHERE account_id = $1 FOR UPDATE',
      [accountId],
    );
    if (position === undefined) return undefined;
    // A statement of its own: it must see what the transaction it waited for has written.
    const rows = await tx.query<{ threshold_micro: string; is_low: boolean; since_seq: string }>(
      `SELECT threshold_micro, is_low, since_seq FROM alert_thresholds
        WHERE account_id = $1 ORDER BY threshold_micro`,
      [accountId],
    );
    const thresholds = rows.map((row) => ({
      thresholdMicro: BigInt(row.threshold_micro),
      isLow: row.is_low,
      sinceSeq: BigInt(row.since_seq),
    }));
    return { foldedSeq: BigInt(position.folded_seq), thresholds };
  }

  /**
   * Moves accounts on over their next rows where these cross no threshold, which is nearly always: many accounts cost as
   * much as one that is folded row by row.
   * @returns the accounts that must be folded; those somebody else has locked are not among them
   */
  async passQuiet(tx: Tx, accountIds: readonly string[], rowsMax: number): Promise<string[]> {
    const locked = await tx.query<{ account_id: string }>(
      `SELECT account_id FROM alert_positions WHERE account_id = ANY ($1) ORDER BY account_id FOR UPDATE SKIP LOCKED`,
      [accountIds],
    );
    // A statement of its own: it must see what those wrote who had the lock before.
    const passed = await tx.query<{ account_id: string }>(
      `UPDATE alert_positions p SET folded_seq = next.last_seq
         FROM unnest($1::uuid[]) locked (account_id)
         JOIN alert_positions b USING (account_id)
        CROSS JOIN LATERAL (
          SELECT max(l.seq) AS last_seq, min(l.available) AS lowest, max(l.available) AS highest
            FROM (SELECT seq, balance_after_micro - reserved_after_micro AS available FROM ledger
                   WHERE account_id = b.account_id AND seq > b.folded_seq ORDER BY seq LIMIT $2) l
        ) next
        WHERE p.account_id = b.account_id AND next.last_seq IS NOT NULL
          AND (SELECT true FROM alert_thresholds t
                WHERE t.account_id = b.account_id
                  AND CASE WHEN t.is_low THEN next.highest > t.threshold_micro ELSE next.lowest <= t.threshold_micro END
                LIMIT 1) IS NULL
      RETURNING p.account_id`,
      [locked.map((row) => row.account_id), rowsMax],
    );
    const isPassed = new Set(passed.map((row) => row.account_id));
    return locked.map((row) => row.account_id).filter((accountId) => !isPassed.has(accountId));
  }

  /**
   * Makes these the thresholds of the account. One that is there already keeps its state; a new one starts with the
   * state of the wallet, whose lock the caller holds.
   */
  async replace(tx: Tx, accountId: string, thresholdsMicro: readonly bigint[]): Promise<void> {
    await tx.query('DELETE FROM alert_thresholds WHERE account_id = $1 AND threshold_micro <> ALL ($2::bigint[])', [
      accountId,
      thresholdsMicro,
    ]);
    if (thresholdsMicro.length === 0) {
      await tx.query('DELETE FROM alert_positions WHERE account_id = $1', [accountId]);
      return;
    }
    await tx.query(
      `INSERT INTO alert_thresholds (account_id, threshold_micro, is_low, since_seq)
       SELECT w.account_id, t.micro, w.balance_micro - w.reserved_micro <= t.micro, w.seq
         FROM wallets w CROSS JOIN unnest($2::bigint[]) AS t(micro)
        WHERE w.account_id = $1
       ON CONFLICT (account_id, threshold_micro) DO NOTHING`,
      [accountId, thresholdsMicro],
    );
    // A position that is behind stays: the thresholds that were there have not been told everything.
    await tx.query(
      `INSERT INTO alert_positions (account_id, folded_seq) SELECT account_id, seq FROM wallets WHERE account_id = $1
       ON CONFLICT (account_id) DO NOTHING`,
      [accountId],
    );
  }

  /** Keeps how far the account's ledger is folded, and the state of its thresholds there. */
  async advance(tx: Tx, accountId: string, { foldedSeq, thresholds }: FoldedThresholds): Promise<void> {
    await tx.query('UPDATE alert_positions SET folded_seq = $2 WHERE account_id = $1', [accountId, foldedSeq]);
    await tx.query(
      `UPDATE alert_thresholds t SET is_low = f.is_low
         FROM unnest($2::bigint[], $3::boolean[]) AS f(threshold_micro, is_low)
        WHERE t.account_id = $1 AND t.threshold_micro = f.threshold_micro AND t.is_low <> f.is_low`,
      [accountId, thresholds.map(({ thresholdMicro }) => thresholdMicro), thresholds.map(({ isLow }) => isLow)],
    );
  }
}
