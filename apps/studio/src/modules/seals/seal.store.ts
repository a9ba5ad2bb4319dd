import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';

/** What one call of the sealer may do at most: about a second of the database's work. */
const WALLETS_PER_CALL = 20_000;
const SEALS_PER_CALL = 200;
const ROWS_PER_SEAL = 500;

/** One step of the sealer through the wallets. */
export interface SealedPart {
  readonly sealsMade: number;
  readonly rowsSealed: number;
  /** Where the next step begins; null when this one came to the end. */
  readonly nextAfter: string | null;
  /** An account had more rows than one seal may cover: the wallets have to be walked again. */
  readonly isBehind: boolean;
}

@Injectable()
export class SealStore {
  constructor(private readonly pool: PgPool) {}

  /** Seals the wallets after this account. Null while another process seals. */
  async sealAfter(accountId: string): Promise<SealedPart | null> {
    const { rows } = await this.pool.query<{
      seals_made: string;
      rows_sealed: string;
      last_account: string | null;
      is_end: boolean;
      is_behind: boolean;
    }>('SELECT * FROM seal_ledger($1, $2, $3, $4)', [accountId, WALLETS_PER_CALL, SEALS_PER_CALL, ROWS_PER_SEAL]);
    const [row] = rows;
    if (!row) return null;
    return {
      sealsMade: Number(row.seals_made),
      rowsSealed: Number(row.rows_sealed),
      nextAfter: row.is_end ? null : row.last_account,
      isBehind: row.is_behind,
    };
  }
}
