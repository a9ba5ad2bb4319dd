import { Injectable } from '@nestjs/common';
import { SealQueries, type BrokenSeal, type SealPlace } from './seal.queries.ts';

/** Seals checked by one statement, at most 5,000 rows each. */
const SEALS_PER_STEP = 20;
const HEADS_PER_STEP = 100;
/** Findings kept; a ledger that is broken in more places is not understood better by more of them. */
const FINDINGS_MAX = 1000;
const BEGIN: SealPlace = { accountId: '00000000-0000-0000-0000-000000000000', seq: '0' };

/** A head somebody kept outside the database. */
export interface KeptHead {
  readonly position: number;
  readonly digest: string;
}

export interface VerifyProgress {
  readonly seals: number;
  readonly sealsTotal: number;
  readonly rows: number;
}

export interface Verification {
  readonly seals: number;
  readonly rows: number;
  readonly heads: number;
  /** What does not fit, by account and seq; broken heads come last. Empty: the ledger is as it was sealed. */
  readonly broken: readonly BrokenSeal[];
}

/** Computes every digest again, from the rows up, in bounded steps. Reads only. */
@Injectable()
export class VerifyLedger {
  constructor(private readonly seals: SealQueries) {}

  async run(
    options: { kept?: KeptHead | undefined; onProgress?: (progress: VerifyProgress) => void } = {},
  ): Promise<Verification> {
    // Taken first: what is sealed while this runs is not missed by the heads, and checked the next time.
    const totals = await this.seals.totals();
    const broken: BrokenSeal[] = [];
    const checked = { seals: 0, rows: 0 };
    let place = BEGIN;
    while (broken.length < FINDINGS_MAX) {
      const part = await this.seals.sealsAfter(place, SEALS_PER_STEP);
      if (part === null) break;
      broken.push(...(await this.seals.brokenSeals(place, part.end)));
      checked.seals += part.seals;
      checked.rows += part.rows;
      place = part.end;
      options.onProgress?.({ ...checked, sealsTotal: Math.max(totals.seals, checked.seals) });
    }
    for (let head = 0; head < totals.heads && broken.length < FINDINGS_MAX; head += HEADS_PER_STEP) {
      broken.push(...(await this.seals.brokenHeads(head, Math.min(head + HEADS_PER_STEP, totals.heads))));
    }
    if (options.kept) broken.push(...(await this.compare(options.kept)));
    return { ...checked, heads: totals.heads, broken };
  }

  /** A chain that was cut off, or made again from its start, fits in itself: only a head kept outside shows it. */
  private async compare({ position, digest }: KeptHead): Promise<BrokenSeal[]> {
    const head = await this.seals.head(position);
    if (head?.digest === digest) return [];
    const problem =
      head === null ? 'the head kept outside is not there any more' : 'the head kept outside has another digest';
    return [{ accountId: null, seq: null, position, problem }];
  }
}
