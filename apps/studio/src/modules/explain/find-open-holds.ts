import { Injectable } from '@nestjs/common';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { FiguresSqlRow } from './book-figures.queries.ts';
import { ExplanationQueries, type OpenHoldSqlRow } from './explanation.queries.ts';

/** Movements looked at in one step, and at most. Open holds are among the last movements, unless they live very long. */
const STEP = 10_000n;
const STEPS_MAX = 20;
const HOLDS_MAX = 201;

/** A hold that was open, with what it kept then. */
export interface OpenHold extends OpenHoldSqlRow {
  readonly seq: string;
}

/**
 * Finds the holds that were open at a moment, newest first, by walking back from its last row. The sum to find is known
 * from the figures: when it is reached, all are found, and nothing older is read.
 */
@Injectable()
export class FindOpenHolds {
  constructor(private readonly queries: ExplanationQueries) {}

  async run(
    tx: Tx,
    accountId: string,
    figures: FiguresSqlRow,
    before: string,
  ): Promise<{ rows: OpenHold[]; isComplete: boolean }> {
    const found: OpenHold[] = [];
    // What later rows took off a hold whose own row lies further back.
    const lessened = new Map<string, bigint>();
    let missing = BigInt(figures.reserved_micro);
    let upTo = BigInt(figures.seq);
    for (let step = 0; step < STEPS_MAX && missing > 0n && upTo > 0n && found.length < HOLDS_MAX; step += 1) {
      const after = upTo > STEP ? upTo - STEP : 0n;
      for (const row of await this.queries.holds(tx, accountId, { after: `${after}`, upTo: `${upTo}`, before })) {
        const held = BigInt(row.reserved_micro) + (lessened.get(row.reservation_id) ?? 0n);
        lessened.delete(row.reservation_id);
        if (row.seq === null) lessened.set(row.reservation_id, held);
        else if (held > 0n) {
          missing -= held;
          found.push({ ...row, seq: row.seq, reserved_micro: held.toString() });
        }
      }
      upTo = after;
    }
    return { rows: found, isComplete: missing === 0n };
  }
}
