import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { SHORTFALL_COLUMNS, type KeyedShortfallSqlRow } from './shortfall.queries.ts';

/** Writes what becomes of a shortfall outside the ledger's commands. */
@Injectable()
export class ShortfallStore {
  /**
   * Locks a shortfall and its wallet, in this order of tables: the wallet first, as every command of the ledger does, so
   * that a recovery and a claim at once cannot both find it open.
   */
  async lock(tx: Tx, shortfallId: string, accountId?: string): Promise<KeyedShortfallSqlRow | undefined> {
    await tx.query(
      `SELECT 1 FROM wallets w JOIN shortfalls s USING (account_id)
        WHERE s.shortfall_id = $1 AND ($2::uuid IS NULL OR s.account_id = $2) FOR NO KEY UPDATE OF w`,
      [shortfallId, accountId ?? null],
    );
    const [row] = await tx.query<KeyedShortfallSqlRow>(
      `SELECT ${SHORTFALL_COLUMNS} FROM shortfalls s JOIN accounts a USING (account_id)
        WHERE s.shortfall_id = $1 AND ($2::uuid IS NULL OR s.account_id = $2) FOR UPDATE OF s`,
      [shortfallId, accountId ?? null],
    );
    return row;
  }

  /** An invoice asks for it now. Only an open one; the caller holds its lock. */
  claim(tx: Tx, shortfall: KeyedShortfallSqlRow, claim: { invoiceRef: string; by: string }) {
    return this.close(tx, shortfall, { status: 'CLAIMED_BY_INVOICE', ...claim, reason: null });
  }

  /** Nobody asks for it any more. Only an open one; the caller holds its lock. */
  waive(tx: Tx, shortfall: KeyedShortfallSqlRow, waiver: { by: string; reason: string }) {
    return this.close(tx, shortfall, { status: 'WAIVED', invoiceRef: null, ...waiver });
  }

  private async close(
    tx: Tx,
    shortfall: KeyedShortfallSqlRow,
    end: { status: 'CLAIMED_BY_INVOICE' | 'WAIVED'; invoiceRef: string | null; by: string; reason: string | null },
  ): Promise<KeyedShortfallSqlRow> {
    const [row] = await tx.query<KeyedShortfallSqlRow>(
      `UPDATE shortfalls s SET status = $3, invoice_ref = $4, closed_by = $5, closed_reason = $6,
              updated_at = clock_timestamp()
         FROM accounts a
        WHERE s.account_id = $1 AND s.shortfall_id = $2 AND s.status = 'OPEN' AND a.account_id = s.account_id
        RETURNING ${SHORTFALL_COLUMNS}`,
      [shortfall.account_id, shortfall.shortfall_id, end.status, end.invoiceRef, end.by, end.reason],
    );
    if (!row) throw new Error(`shortfall ${shortfall.shortfall_id} changed while it was locked`);
    return row;
  }
}
