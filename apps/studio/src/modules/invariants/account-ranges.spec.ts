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

  test.each([
    [0, 0],
    [150_000, 0],
    [1_000_000, 50],
    [1_000_000, 600],
    [45_000_000, 100],
    [80_000_000, -600],
    [3_000_000_000, 0],
  ])('of a ledger of %d rows that grows by %d a second come to each account within a day', (rowsAtFirst, perSecond) => {
    const begins = Date.parse('2026-03-01T12:34:56Z');
    const parts = Array.from({ length: 1024 }, (_, part) => (part * 2 ** 22).toString(16).padStart(8, '0'));
    const waiting = new Set(parts.map((part) => `${part}-1111-5111-8111-111111111111`));
    for (let at = 0; at < 24 * 3600_000; at += TURN_MS) {
      const rows = Math.max(0, rowsAtFirst + (at / 1000) * perSecond);
      const ranges = rangesOf(turnAt(new Date(begins + at), rows), rows);
      for (const id of waiting) {
        if (ranges.some(({ first, last }) => first <= id && id <= last)) waiting.delete(id);
      }
    }
    expect([...waiting]).toEqual([]);
  });

  test('a small ledger has one turn', () => {
    expect(turnAt(new Date(), 200_000)).toEqual({ turn: 0, turns: 1 });
  });
});
