import { Injectable } from '@nestjs/common';
import { SealStore } from './seal.store.ts';

const FIRST_ACCOUNT = '00000000-0000-0000-0000-000000000000';
/** One run works for so long, then leaves the rest to the next: it comes every minute. */
const RUN_MS_MAX = 50_000;

export interface SealRun {
  readonly seals: number;
  readonly rows: number;
  /** False when time ran out before every wallet was sealed to its head; true also when another process is at it. */
  readonly complete: boolean;
}

/** Seals what the ledger has grown by since the last run. Any number of replicas may try: one seals, the others leave. */
@Injectable()
export class SealLedger {
  /** Where the last run stopped, so that the end of a long list has its turn as well. */
  private after: string = FIRST_ACCOUNT;

  constructor(private readonly store: SealStore) {}

  async run(signal?: AbortSignal): Promise<SealRun> {
    const deadline = performance.now() + RUN_MS_MAX;
    const total = { seals: 0, rows: 0 };
    let fromStart = this.after === FIRST_ACCOUNT;
    let isBehind = false;
    while (performance.now() < deadline && signal?.aborted !== true) {
      const part = await this.store.sealAfter(this.after);
      if (part === null) return { ...total, complete: true };
      total.seals += part.sealsMade;
      total.rows += part.rowsSealed;
      isBehind ||= part.isBehind;
      this.after = part.nextAfter ?? FIRST_ACCOUNT;
      if (part.nextAfter !== null) continue;
      if (fromStart && !isBehind) return { ...total, complete: true };
      fromStart = true;
      isBehind = false;
    }
    return { ...total, complete: false };
  }
}
