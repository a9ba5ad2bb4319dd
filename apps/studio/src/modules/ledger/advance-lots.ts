import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { Pace } from '@tandem/platform/jobs/pace';

/** Rows folded in one transaction, of one account or many: what a command that needs such an account may have to wait for. */
const ROWS_PER_STEP = 1000;
const ACCOUNTS_PER_STEP = 100;
/** Then the next accounts have their turn: one may be written faster than it can be folded. */
const STEPS_PER_TURN = 20;
const ACCOUNTS_PER_LOOK = 1000;
/** Of the time, what is spent on folding: commands go first. */
const WORK_SHARE = 0.25;
/** One round leaves the rest to the next: it begins with the accounts that are most pressing by then. */
const ROUND_MS_MAX = 20_000;
/** Accounts with a lot that ends this soon come first: what is folded now need not be folded under the wallet's lock. */
const DUE_SOON = '1 hour';
const FIRST_ACCOUNT = '00000000-0000-0000-0000-000000000000';

interface AccountBehind {
  readonly account_id: string;
  readonly rows_behind: number;
}

/** Folds the ledger's newest rows into lots, a little behind the writers and never in their way. */
@Injectable()
export class AdvanceLots {
  /** Where the round over all accounts stands: each has its turn, however busy the others are. */
  private position = FIRST_ACCOUNT;

  constructor(private readonly pool: PgPool) {}

  /** @returns rows folded */
  async run(signal?: AbortSignal): Promise<number> {
    const pace = new Pace(WORK_SHARE, signal);
    const dueSoon = await this.behind(
      `w.next_lot_expiry_at <= ledger_clock() + interval '${DUE_SOON}' AND $1::uuid IS NOT NULL`,
      'w.next_lot_expiry_at',
    );
    const first = await this.fold(dueSoon, pace, () => undefined);
    const others = await this.behind('w.account_id > $1', 'w.account_id');
    const second = await this.fold(others, pace, (accountId) => (this.position = accountId));
    if (others.length < ACCOUNTS_PER_LOOK && this.position === (others.at(-1)?.account_id ?? this.position)) {
      this.position = FIRST_ACCOUNT;
    }
    return first + second;
  }

  private async behind(which: string, order: string): Promise<AccountBehind[]> {
    const { rows } = await this.pool.query<AccountBehind & Record<string, unknown>>(
      `SELECT w.account_id, least(w.seq - coalesce(p.folded_seq, 0), ${ROWS_PER_STEP})::integer AS rows_behind
         FROM wallets w LEFT JOIN lot_progress p USING (account_id)
        WHERE ${which} AND w.seq > coalesce(p.folded_seq, 0) ORDER BY ${order} LIMIT ${ACCOUNTS_PER_LOOK}`,
      [this.position],
    );
    return rows;
  }

  /** Each account up to its last row, as long as there is time and it does not grow faster. */
  private async fold(
    accounts: readonly AccountBehind[],
    pace: Pace,
    done: (accountId: string) => void,
  ): Promise<number> {
    const until = performance.now() + ROUND_MS_MAX;
    let folded = 0;
    for (const group of inSteps(accounts)) {
      let behind = group;
      for (let step = 0; step < STEPS_PER_TURN && behind.length > 0; step += 1) {
        if (pace.isOver || performance.now() > until) return folded;
        const accountIds = behind;
        // They may have grown since they were looked at: what is over waits for the next step.
        const rowsEach = Math.floor(ROWS_PER_STEP / accountIds.length);
        const advanced = await pace.step(() => this.advance(accountIds, rowsEach));
        folded += advanced.reduce((sum, { rows_folded }) => sum + rows_folded, 0);
        behind = advanced.filter(({ rows_folded }) => rows_folded === rowsEach).map(({ account_id }) => account_id);
      }
      done(group.at(-1) ?? FIRST_ACCOUNT);
    }
    return folded;
  }

  private async advance(
    accountIds: readonly string[],
    rowsEach: number,
  ): Promise<{ account_id: string; rows_folded: number }[]> {
    const { rows } = await this.pool.query<{ account_id: string; rows_folded: number }>(
      'SELECT account_id, rows_folded FROM advance_lots($1::uuid[], $2, false)',
      [accountIds, rowsEach],
    );
    return rows;
  }
}

/** Accounts in the order given, together as far as one transaction should go. */
function inSteps(accounts: readonly AccountBehind[]): string[][] {
  const steps: string[][] = [];
  let rows = ROWS_PER_STEP;
  for (const { account_id: accountId, rows_behind: behind } of accounts) {
    const last = steps.at(-1);
    if (last && last.length < ACCOUNTS_PER_STEP && rows + behind <= ROWS_PER_STEP) {
      last.push(accountId);
      rows += behind;
    } else {
      steps.push([accountId]);
      rows = behind;
    }
  }
  return steps;
}
