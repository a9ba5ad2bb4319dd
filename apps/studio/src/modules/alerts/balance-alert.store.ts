import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { BalanceCrossing } from './balance-crossings.ts';

/** A crossing and the id it is known by. */
export interface BalanceAlert extends BalanceCrossing {
  readonly alertId: string;
  readonly accountId: string;
}

/** All SQL that writes crossings. */
@Injectable()
export class BalanceAlertStore {
  /** The key of a row is what crossed and where: a second row of one crossing cannot be written. */
  async insert(tx: Tx, alert: BalanceAlert): Promise<void> {
    await tx.query(
      `INSERT INTO balance_alerts
         (account_id, threshold_micro, ledger_seq, alert_id, kind, available_micro, crossed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        alert.accountId,
        alert.thresholdMicro,
        alert.row.seq,
        alert.alertId,
        alert.kind,
        alert.row.availableMicro,
        alert.row.at,
      ],
    );
  }
}
