import { Injectable } from '@nestjs/common';
import { Pace } from '@tandem/platform/jobs/pace';
import { SealStore } from './seal.store.ts';

const FIRST_ACCOUNT = '00000000-0000-0000-0000-000000000000';
/** One run lasts so long, then leaves the rest to the next: it comes every minute. */
const RUN_MS_MAX = 55_000;
/** Of that time, what the database works for it. */
const WORK_SHARE = 0.2;
/** A row's time is taken when its transaction begins; it shows when that ends, which takes no longer than this. */
const LATE_COMMIT_MS = 5 * 60_000;
/** Rounds in which only wallets that changed are looked at, before all are: somebody may have put the database back. */
const ROUNDS_OF_CHANGES = 60;

export interface SealRun {
  readonly seals: number;
  readonly rows: number;
  /** Up to when all rows are sealed, as far as this process knows; null before its first whole round. */
  readonly sealedUpTo: Date | null;
  /** False when time ran out before every wallet was sealed to its head; true also when another process is at it. */
  readonly complete: boolean;
}

/** Seals what the ledger has grown by since the last run. Any number of replicas may try: one seals, the others leave. */
@Injectable()
export class SealLedger {
  /** Where the last run stopped, so that the end of a long list has its turn as well. */
  private next: string | null = null;
  private roundBegan = new Date(0);
  /** Wallets whose last row is older are passed over in this round; null: none are. */
  private changedSince: Date | null = null;
  private roundsOfChanges = 0;
  private sealedUpTo: Date | null = null;

  constructor(private readonly store: SealStore) {}

  /** Goes on with the round the last run left, then makes a whole one. */
  async run(signal?: AbortSignal): Promise<SealRun> {
    const deadline = performance.now() + RUN_MS_MAX;
    const pace = new Pace(WORK_SHARE, signal);
    const total = { seals: 0, rows: 0 };
    let isWholeRound = this.next === null;
    while (performance.now() < deadline && !pace.isOver) {
      const from = this.next ?? (await this.beginRound());
      const part = await pace.step(() => this.store.sealFrom(from, this.changedSince));
      if (part === null) return { ...total, sealedUpTo: this.sealedUpTo, complete: true };
      total.seals += part.sealsMade;
      total.rows += part.rowsSealed;
      this.next = part.nextAccount;
      if (this.next !== null) continue;
      this.sealedUpTo = this.roundBegan;
      if (isWholeRound) return { ...total, sealedUpTo: this.sealedUpTo, complete: true };
      isWholeRound = true;
    }
    return { ...total, sealedUpTo: this.sealedUpTo, complete: false };
  }

  private async beginRound(): Promise<string> {
    const sealedUpTo = this.sealedUpTo;
    const looksAtAll = sealedUpTo === null || this.roundsOfChanges === ROUNDS_OF_CHANGES;
    this.roundsOfChanges = looksAtAll ? 0 : this.roundsOfChanges + 1;
    this.changedSince = looksAtAll ? null : new Date(sealedUpTo.getTime() - LATE_COMMIT_MS);
    this.roundBegan = await this.store.now();
    return FIRST_ACCOUNT;
  }
}
