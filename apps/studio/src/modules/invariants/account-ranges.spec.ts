import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EVERY_ACCOUNT, rangesOf, TURN_MS, turnAt } from './account-ranges.ts';

const next = (id: string): string => (BigInt(`0x${id.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0');

describe('the turns of a check', () => {
  test('cover every account once, whatever the size of the ledger', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000_000 }), (rows) => {
        const { turns } = turnAt(new Date(0), rows);
        const ranges = Array.from({ length: turns }, (_, turn) => rangesOf({ turn, turns }, rows)).flat();
        expect(ranges[0]?.first).toBe(EVERY_ACCOUNT.first);
        expect(ranges.at(-1)?.last).toBe(EVERY_ACCOUNT.last);
        const begins = ranges.slice(1).map(({ first }) => first.replaceAll('-', ''));
        expect(begins).toEqual(ranges.slice(0, -1).map(({ last }) => next(last)));
      }),
      { numRuns: 50 },
    );
  });

  test.each([0, 1, 150_000, 5_000_000, 3_000_000_000])('of a ledger of %d rows all come within a day', (rows) => {
    const { turns } = turnAt(new Date(0), rows);
    const begins = Date.parse('2026-03-01T12:34:56Z');
    const seen = new Set(
      Array.from({ length: turns }, (_, index) => turnAt(new Date(begins + index * TURN_MS), rows).turn),
    );
    expect(seen.size).toBe(turns);
    expect(turns * TURN_MS).toBeLessThanOrEqual(24 * 3600_000);
  });

  test('a small ledger has one turn', () => {
    expect(turnAt(new Date(), 200_000)).toEqual({ turn: 0, turns: 1 });
  });
});
