import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';

/** Rows of one account folded in one transaction: what a command that needs the account's lots may have to wait for. */
const ROWS_PER_STEP = 1000;
const ACCOUNTS_PER_RUN = 500;
/** A run leaves the rest to the next one, so that the fold never takes more than a small share of the database. */
const ROWS_PER_RUN = 20_000;

/** Folds the ledger's newest rows into lots, a little behind the writers and never in their way. */
@Injectable()
export class AdvanceLots {
  constructor(private readonly pool: PgPool) {}

  /** Accounts with a lot that ends next come first: what is folded now need not be folded under the wallet's lock. */
  async run(): Promise<number> {
    const { rows } = await this.pool.query<{ account_id: string }>(
      `SELECT w.account_id FROM wallets w LEFT JOIN lot_progress p USING (account_id)
        WHERE w.seq > coalesce(p.folded_seq, 0)
        ORDER BY w.next_lot_expiry_at NULLS LAST LIMIT $1`,
      [ACCOUNTS_PER_RUN],
    );
    let folded = 0;
    for (const { account_id: accountId } of rows) {
      if (folded >= ROWS_PER_RUN) break;
      folded += await this.step(accountId);
    }
    return folded;
  }

  private async step(accountId: string): Promise<number> {
    const { rows } = await this.pool.query<{ rows_folded: number }>(
      'SELECT (f).rows_folded FROM (SELECT advance_lots($1, $2) OFFSET 0) s (f)',
      [accountId, ROWS_PER_STEP],
    );
    return rows[0]?.rows_folded ?? 0;
  }
}
