import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { CreditLedger } from './credit-ledger.ts';

/** Accounts looked up in one round. */
const ACCOUNTS_PER_ROUND = 500;
/** Accounts swept at once: each costs a fold of its lots, and customers' commands share the batch with them. */
const ACCOUNTS_AT_ONCE = 8;

/** Writes the LOT_EXPIRY rows of lots whose time is over. Reads already count such credits as gone. */
@Injectable()
export class ExpireLots {
  constructor(
    private readonly pool: PgPool,
    private readonly ledger: CreditLedger,
  ) {}

  /** Sweeps every account that was due when it began. Answers how many. Two sweepers at once are harmless. */
  async run(): Promise<number> {
    let swept = 0;
    for (;;) {
      const { rows } = await this.pool.query<{ account_id: string }>(
        `SELECT account_id FROM wallets WHERE next_lot_expiry_at <= ledger_clock() ORDER BY next_lot_expiry_at LIMIT $1`,
        [ACCOUNTS_PER_ROUND],
      );
      for (let first = 0; first < rows.length; first += ACCOUNTS_AT_ONCE) {
        await Promise.all(rows.slice(first, first + ACCOUNTS_AT_ONCE).map((row) => this.sweep(row.account_id)));
      }
      swept += rows.length;
      if (rows.length < ACCOUNTS_PER_ROUND) return swept;
    }
  }

  /** Every command settles the account's due lots before it is decided; this one wants nothing more. */
  private async sweep(accountId: string): Promise<void> {
    await this.ledger.apply({ operation: 'expire_lots', client: 'studio', accountId, idempotencyKey: 'sweep' });
  }
}
