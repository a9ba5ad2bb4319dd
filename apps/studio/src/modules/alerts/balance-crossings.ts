/** What a threshold says when available credits cross it. */
export type BalanceAlertKind = 'LOW_BALANCE' | 'BALANCE_RECOVERED';

/** A threshold as it is after the rows folded so far. Amounts are micro-credits. */
export interface ThresholdState {
  readonly thresholdMicro: bigint;
  readonly isLow: boolean;
  /** Head of the ledger when it was set: rows up to this one are not its business. */
  readonly sinceSeq: bigint;
}

/** What was available after one row of the ledger. */
export interface AvailableAfter {
  readonly seq: bigint;
  readonly availableMicro: bigint;
  readonly at: Date;
}

/** One threshold crossed by one row of the ledger. */
export interface BalanceCrossing {
  readonly kind: BalanceAlertKind;
  readonly thresholdMicro: bigint;
  readonly row: AvailableAfter;
}

/** Low is at or below: a threshold of 0 then says "nothing is left". */
export function isLow(availableMicro: bigint, thresholdMicro: bigint): boolean {
  return availableMicro <= thresholdMicro;
}

/**
 * Folds the next rows of one account's ledger, in the order of their seq, into its thresholds.
 * @returns every crossing in that order, and the thresholds as they are after the last row
 */
export function foldCrossings(
  thresholds: readonly ThresholdState[],
  rows: readonly AvailableAfter[],
): { crossings: BalanceCrossing[]; thresholds: ThresholdState[] } {
  const crossings: BalanceCrossing[] = [];
  let states = [...thresholds];
  for (const row of rows) {
    states = states.map((state) => {
      if (row.seq <= state.sinceSeq) return state;
      const low = isLow(row.availableMicro, state.thresholdMicro);
      if (low !== state.isLow) {
        const kind = low ? 'LOW_BALANCE' : 'BALANCE_RECOVERED';
        crossings.push({ kind, thresholdMicro: state.thresholdMicro, row });
      }
      return { ...state, isLow: low };
    });
  }
  return { crossings, thresholds: states };
}
