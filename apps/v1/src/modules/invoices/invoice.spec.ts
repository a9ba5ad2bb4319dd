import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  INVOICE_STATES,
  INVOICE_STATUSES,
  isOverdue,
  priceLines,
  statesOf,
  statusOf,
  type UnpricedLine,
} from './invoice.ts';

const line = (fields: Partial<UnpricedLine>): UnpricedLine => ({
  description: 'Work',
  quantityThousandths: 1000n,
  unitPriceMinor: 100n,
  taxRateBasisPoints: 0,
  ...fields,
});

describe('priceLines', () => {
  test('rounds each amount and each tax half-even on its own line', () => {
    // 0.5 x 0.05 = 0.025, a tie: 0.02. Tax 18 % of 0.25 = 0.045, a tie: 0.04.
    const { lines } = priceLines([
      line({ quantityThousandths: 500n, unitPriceMinor: 5n }),
      line({ unitPriceMinor: 25n, taxRateBasisPoints: 1800 }),
    ]);
    expect(lines.map(({ amountMinor, taxMinor }) => [amountMinor, taxMinor])).toEqual([
      [2n, 0n],
      [25n, 4n],
    ]);
  });

  test('numbers lines from 1 in the order given', () => {
    expect(priceLines([line({}), line({})]).lines.map(({ position }) => position)).toEqual([1, 2]);
  });

  test('always sums printed lines to the printed total, and is never negative', () => {
    const anyLine = fc.record({
      quantityThousandths: fc.bigInt(1n, 10n ** 9n),
      unitPriceMinor: fc.bigInt(0n, 10n ** 9n),
      taxRateBasisPoints: fc.integer({ min: 0, max: 10_000 }),
    });
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 20 }), (fields) => {
        const priced = priceLines(fields.map(line));
        const sum = priced.lines.reduce((total, { amountMinor, taxMinor }) => total + amountMinor + taxMinor, 0n);
        expect(priced.totalMinor).toBe(sum);
        expect(priced.totalMinor).toBe(priced.subtotalMinor + priced.taxMinor);
        expect(priced.lines.every(({ amountMinor, taxMinor }) => amountMinor >= 0n && taxMinor >= 0n)).toBe(true);
      }),
    );
  });
});

describe('console statuses', () => {
  test('cover every state exactly once', () => {
    expect(INVOICE_STATUSES.flatMap(statesOf).sort()).toEqual([...INVOICE_STATES].sort());
  });

  test('an invoice is overdue from the day after its due day, and only while it is owed', () => {
    for (const state of INVOICE_STATES) {
      expect(isOverdue({ state, dueDate: '2026-05-31' }, '2026-05-31')).toBe(false);
      expect(isOverdue({ state, dueDate: '2026-05-31' }, '2026-06-01')).toBe(statusOf(state) === 'open');
    }
  });
});
