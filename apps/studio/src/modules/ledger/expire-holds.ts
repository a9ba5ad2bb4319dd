import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { Pace } from '@tandem/platform/jobs/pace';
import { SWEEPER } from './credit-command.ts';
import { CreditLedger } from './credit-ledger.ts';

/** Holds swept in one round, so that a large backlog does not become one large transaction. */
const HOLDS_PER_ROUND = 64;
/** Of the time, what is spent on sweeping: customers' commands wait for the same wallets. */
const WORK_SHARE = 1 / 3;
/** One run lasts so long, then leaves the rest to the next: it comes every minute. */
const RUN_MS_MAX = 50_000;

interface DueHold {
  readonly account_id: string;
  readonly reservation_id: string;
  readonly expires_at: string;
}

/** Writes the EXPIRE row of holds whose time is over. Reads already count such holds as free. */
@Injectable()
export class ExpireHolds {
  /** Where the last run ran out of time. The next goes on there: what cannot be swept keeps nothing else waiting. */
  private stoppedAt: DueHold | undefined;

  constructor(
    private readonly pool: PgPool,
    private readonly ledger: CreditLedger,
  ) {}

  /**
   * Sweeps what is due, once around or as long as it may. Two sweepers at once are harmless. One that could not be written
   * (a wallet somebody holds) is left for the next round and keeps no other waiting.
   * @param msMax milliseconds after which no further group is begun
   * @returns how many it looked at
   * @throws AggregateError at the end, with what failed
   */
  async run(signal?: AbortSignal, msMax = RUN_MS_MAX): Promise<number> {
    const pace = new Pace(WORK_SHARE, signal, msMax);
    let swept = 0;
    const failures: unknown[] = [];
    let last = this.stoppedAt;
    let due: DueHold[];
    do {
      due = await this.dueAfter(last);
      // The ledger looks at the hold again under the wallet's lock: only a hold that is still ACTIVE and due expires.
      const ended = await pace.step(() => Promise.allSettled(due.map((hold) => this.sweep(hold))));
      failures.push(...ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : [])));
      swept += due.length;
      last = due.at(-1) ?? last;
    } while (due.length === HOLDS_PER_ROUND && !pace.isOver);
    this.stoppedAt = due.length === HOLDS_PER_ROUND ? last : undefined;
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} holds were not swept`);
    return swept;
  }

  private async dueAfter(last: DueHold | undefined): Promise<DueHold[]> {
    const { rows } = await this.pool.query<DueHold & Record<string, unknown>>(
      `SELECT account_id, reservation_id, expires_at::text FROM reservations
        WHERE status = 'ACTIVE' AND expires_at <= ledger_clock()
          AND ($2::timestamptz IS NULL OR (expires_at, account_id, reservation_id) > ($2, $3::uuid, $4::uuid))
        ORDER BY expires_at, account_id, reservation_id LIMIT $1`,
      [HOLDS_PER_ROUND, last?.expires_at ?? null, last?.account_id ?? null, last?.reservation_id ?? null],
    );
    return rows;
  }

  private async sweep(hold: DueHold): Promise<void> {
    await this.ledger.apply({
      operation: 'expire',
      client: SWEEPER,
      accountId: hold.account_id,
      reservationId: hold.reservation_id,
      idempotencyKey: `expire:${hold.reservation_id}`,
    });
  }
}
