import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';

/** Rows of one account folded in one transaction: what a command that needs the account's lots may have to wait for. */
const ROWS_PER_STEP = 1000;
const ACCOUNTS_PER_LOOK = 500;
/** A run leaves the rest to the next one, so that the fold never takes more than a small share of the database. */
const MS_PER_LOOK = 500;
/** Accounts with a lot that ends this soon come first: what is folded now need not be folded under the wallet's lock. */
const DUE_SOON = '1 hour';
const FIRST_ACCOUNT = '00000000-0000-0000-0000-000000000000';

/** Folds the ledger's newest rows into lots, a little behind the writers and never in their way. */
@Injectable()
export class AdvanceLots {
  /** Where the round over all accounts stands: each has its turn, however busy the others are. */
  private position = FIRST_ACCOUNT;

  constructor(private readonly pool: PgPool) {}

  /** @returns rows folded */
  async run(): Promise<number> {
    const dueSoon = await this.behind(
      `w.next_lot_expiry_at <= ledger_clock() + interval '${DUE_SOON}' AND $1::uuid IS NOT NULL`,
      'w.next_lot_expiry_at',
    );
    const first = await this.fold(dueSoon, () => undefined);
    const others = await this.behind('w.account_id > $1', 'w.account_id');
    const second = await this.fold(others, (accountId) => (this.position = accountId));
    if (others.length < ACCOUNTS_PER_LOOK && this.position === (others.at(-1) ?? this.position)) {
      this.position = FIRST_ACCOUNT;
    }
    return first + second;
  }

  private async behind(which: string, order: string): Promise<string[]> {
    const { rows } = await this.pool.query<{ account_id: string }>(
      `SELECT w.account_id FROM wallets w LEFT JOIN lot_progress p USING (account_id)
        WHERE ${which} AND w.seq > coalesce(p.folded_seq, 0) ORDER BY ${order} LIMIT ${ACCOUNTS_PER_LOOK}`,
      [this.position],
    );
    return rows.map((row) => row.account_id);
  }

  /** Each account up to its last row, as long as there is time. */
  private async fold(accountIds: readonly string[], done: (accountId: string) => void): Promise<number> {
    const until = performance.now() + MS_PER_LOOK;
    let folded = 0;
    for (const accountId of accountIds) {
      for (;;) {
        if (performance.now() > until) return folded;
        const rows = await this.step(accountId);
        folded += rows;
        if (rows < ROWS_PER_STEP) break;
      }
      done(accountId);
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
