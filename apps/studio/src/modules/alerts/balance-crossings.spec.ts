import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { foldCrossings, type AvailableAfter, type ThresholdState } from './balance-crossings.ts';

const at = new Date(0);

function history(...available: number[]): AvailableAfter[] {
  return available.map((amount, index) => ({ seq: BigInt(index + 1), availableMicro: BigInt(amount), at }));
}

function threshold(amount: number, isLow: boolean, sinceSeq = 0): ThresholdState {
  return { thresholdMicro: BigInt(amount), isLow, sinceSeq: BigInt(sinceSeq) };
}

const told = (thresholds: ThresholdState[], rows: AvailableAfter[]) =>
  foldCrossings(thresholds, rows).crossings.map(({ kind, thresholdMicro, row }) => [kind, thresholdMicro, row.seq]);

describe('foldCrossings', () => {
  test('tells each crossing, down and up, once, at the row that made it', () => {
    expect(told([threshold(10, false)], history(30, 11, 10, 3, 0, 10, 11, 40, 9))).toEqual([
      ['LOW_BALANCE', 10n, 3n],
      ['BALANCE_RECOVERED', 10n, 7n],
      ['LOW_BALANCE', 10n, 9n],
    ]);
  });

  test('one row may cross several thresholds; zero says that nothing is left', () => {
    expect(told([threshold(0, false), threshold(5, false), threshold(50, true)], history(6, 0))).toEqual([
      ['LOW_BALANCE', 0n, 2n],
      ['LOW_BALANCE', 5n, 2n],
    ]);
  });

  test('a threshold does not look at rows from before it was set', () => {
    expect(told([threshold(10, true, 3), threshold(20, false, 0)], history(30, 5, 30, 9, 12))).toEqual([
      ['LOW_BALANCE', 20n, 2n],
      ['BALANCE_RECOVERED', 20n, 3n],
      ['LOW_BALANCE', 20n, 4n],
      ['BALANCE_RECOVERED', 10n, 5n],
    ]);
  });

  test('folding in pieces tells the same as folding at once', () => {
    const amounts = fc.array(fc.integer({ min: -5, max: 25 }), { maxLength: 40 });
    fc.assert(
      fc.property(amounts, fc.array(fc.integer({ min: 0, max: 40 })), fc.boolean(), (available, cuts, low) => {
        const rows = history(...available);
        const start = [threshold(0, low), threshold(7, low, 5), threshold(12, low)];
        let thresholds = start;
        let folded = 0;
        const crossings = [...cuts.toSorted((one, other) => one - other), rows.length].flatMap((cut) => {
          const piece = foldCrossings(thresholds, rows.slice(folded, cut));
          thresholds = piece.thresholds;
          folded = Math.max(folded, cut);
          return piece.crossings;
        });
        expect(crossings).toEqual(foldCrossings(start, rows).crossings);
      }),
    );
  });
});
