import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { Pace } from '@tandem/platform/jobs/pace';
import { SWEEPER } from './credit-command.ts';
import { CreditLedger } from './credit-ledger.ts';

/** Accounts looked up in one round. */
const ACCOUNTS_PER_ROUND = 500;
/** Accounts swept at once: customers’ commands share the batch with them. */
const ACCOUNTS_AT_ONCE = 32;
/** Of the time, what is spent on sweeping: at a month's end customers' commands come to the same accounts. */
const WORK_SHARE = 1 / 3;
/** One run lasts so long, then leaves the rest to the next: it comes every minute. */
const RUN_MS_MAX = 50_000;

interface DueAccount {
  readonly account_id: string;
  readonly due_at: string;
}

/** Writes the LOT_EXPIRY rows of lots whose time is over. Reads already count such credits as gone. */
@Injectable()
export class ExpireLots {
  /** Where the last run ran out of time. The next goes on there: what cannot be swept keeps nothing else waiting. */
  private stoppedAt: DueAccount | undefined;

  constructor(
    private readonly pool: PgPool,
    private readonly ledger: CreditLedger,
  ) {}

  /**
   * Sweeps the accounts that are due, once around or as long as it may. Two sweepers at once are harmless. One that could
   * not be swept (its wallet is held by somebody) is left for the next round and keeps no other waiting.
   * @param msMax milliseconds after which no further group is begun
   * @returns how many it looked at
   * @throws AggregateError at the end, with what failed
   */
  async run(signal?: AbortSignal, msMax = RUN_MS_MAX): Promise<number> {
    const pace = new Pace(WORK_SHARE, signal, msMax);
    let swept = 0;
    const failures: unknown[] = [];
    let last = this.stoppedAt;
    let due: DueAccount[];
    do {
      due = await this.dueAfter(last);
      for (let first = 0; first < due.length && !pace.isOver; first += ACCOUNTS_AT_ONCE) {
        const group = due.slice(first, first + ACCOUNTS_AT_ONCE);
        const ended = await pace.step(() => Promise.allSettled(group.map((row) => this.sweep(row.account_id))));
        failures.push(...ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : [])));
        swept += group.length;
        last = group.at(-1);
      }
    } while (due.length === ACCOUNTS_PER_ROUND && !pace.isOver);
    this.stoppedAt = pace.isOver ? last : undefined;
    if (failures.length > 0) throw new AggregateError(failures, `lots of ${failures.length} accounts were not swept`);
    return swept;
  }

  private async dueAfter(last: DueAccount | undefined): Promise<DueAccount[]> {
    const { rows } = await this.pool.query<DueAccount & Record<string, unknown>>(
      `SELECT account_id, next_lot_expiry_at::text AS due_at FROM wallets
        WHERE next_lot_expiry_at <= ledger_clock()
          AND ($2::timestamptz IS NULL OR (next_lot_expiry_at, account_id) > ($2, $3::uuid))
        ORDER BY next_lot_expiry_at, account_id LIMIT $1`,
      [ACCOUNTS_PER_ROUND, last?.due_at ?? null, last?.account_id ?? null],
    );
    return rows;
  }

  /** Every command settles the account's due lots before it is decided; this one wants nothing more. */
  private async sweep(accountId: string): Promise<void> {
    await this.ledger.apply({ operation: 'expire_lots', client: SWEEPER, accountId, idempotencyKey: 'sweep' });
  }
}
