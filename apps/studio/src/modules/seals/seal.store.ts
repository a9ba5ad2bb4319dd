import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';

/** What one call of the sealer may do at most: some 30 ms of the database's work. */
const WALLETS_PER_CALL = 5000;
const SEALS_PER_CALL = 500;
const ROWS_PER_CALL = 5000;

/** One step of the sealer through the wallets. */
export interface SealedPart {
  readonly sealsMade: number;
  readonly rowsSealed: number;
  /** Where the next step begins; null when this one came to the end. */
  readonly nextAccount: string | null;
}

@Injectable()
export class SealStore {
  constructor(private readonly pool: PgPool) {}

  /** The clock the ledger's rows are written by. */
  async now(): Promise<Date> {
    const { rows } = await this.pool.query<{ now: Date }>('SELECT ledger_clock() AS now');
    if (!rows[0]) throw new Error('the database tells no time');
    return rows[0].now;
  }

  /**
   * Seals wallets from this account on. Null while another process seals.
   * @param changedSince passes over wallets whose last row is older; null looks at every wallet
   */
  async sealFrom(accountId: string, changedSince: Date | null): Promise<SealedPart | null> {
    const { rows } = await this.pool.query<{ seals_made: string; rows_sealed: string; next_account: string | null }>(
      `SELECT * FROM seal_ledger($1, coalesce($2::timestamptz, '-infinity'), $3, $4, $5)`,
      [accountId, changedSince, WALLETS_PER_CALL, SEALS_PER_CALL, ROWS_PER_CALL],
    );
    const [row] = rows;
    if (!row) return null;
    return {
      sealsMade: Number(row.seals_made),
      rowsSealed: Number(row.rows_sealed),
      nextAccount: row.next_account,
    };
  }
}
