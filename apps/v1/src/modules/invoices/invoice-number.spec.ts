import { describe, expect, test } from '@jest/globals';
import { financialYearOf, formatInvoiceNumber } from './invoice-number.ts';
import { formatQuantity, parseQuantity, QUANTITY_PATTERN } from './quantity.ts';

describe('invoice numbers', () => {
  test('a financial year is named by the year it starts in', () => {
    expect(financialYearOf('2026-03-31', 4)).toBe(2025);
    expect(financialYearOf('2026-04-01', 4)).toBe(2026);
    expect(financialYearOf('2026-01-01', 1)).toBe(2026);
    expect(financialYearOf('2026-12-31', 1)).toBe(2026);
  });

  test('have five digits, and more once those are used up', () => {
    expect(formatInvoiceNumber({ series: 'INV', financialYear: 2026, sequence: 42 })).toBe('INV-2026-00042');
    expect(formatInvoiceNumber({ series: 'INV', financialYear: 2026, sequence: 100_000 })).toBe('INV-2026-100000');
  });
});

describe('quantities', () => {
  test('keep thousandths exactly', () => {
    const texts = ['1', '1.5', '0.001', '999999999.999', '10'];
    expect(texts.map(parseQuantity)).toEqual([1000n, 1500n, 1n, 999_999_999_999n, 10_000n]);
    expect(texts.map((text) => formatQuantity(parseQuantity(text)))).toEqual(texts);
  });

  test.each(['', '-1', '1e3', '1.0001', '01', '1000000000'])('refuse %p', (text) => {
    expect(QUANTITY_PATTERN.test(text)).toBe(false);
  });
});
