import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CURRENCIES, type Currency } from './currency.ts';
import { AMOUNT_MINOR_MAX, divideHalfEven, formatMoney, parseMoney, toMajorNumber } from './money.ts';

describe('divideHalfEven', () => {
  test('rounds ties to the even neighbour, on both sides of zero', () => {
    const rounded = [5n, 15n, 25n, 35n, -5n, -15n, -25n].map((numerator) => divideHalfEven(numerator, 10n));
    expect(rounded).toEqual([0n, 2n, 2n, 4n, 0n, -2n, -2n]);
  });

  test('is never further than half a unit from the exact quotient', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.bigInt(1n, 10n ** 6n), (numerator, denominator) => {
        const error = (divideHalfEven(numerator, denominator) * denominator - numerator) * 2n;
        expect(error <= denominator && error >= -denominator).toBe(true);
      }),
    );
  });

  test('refuses a denominator that is not positive', () => {
    expect(() => divideHalfEven(1n, 0n)).toThrow(RangeError);
  });
});

describe('money on the wire', () => {
  const currency = fc.constantFrom(...CURRENCIES);
  const minor = fc.bigInt(0n, AMOUNT_MINOR_MAX);

  test('reads back exactly what it wrote, in every currency', () => {
    fc.assert(fc.property(minor, currency, (amount, code) => parseMoney(formatMoney(amount, code), code) === amount));
  });

  test('as a JSON number keeps every minor unit', () => {
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        const decimals = (formatMoney(amount, code).split('.')[1] ?? '').length;
        expect(BigInt(toMajorNumber(amount, code).toFixed(decimals).replace('.', ''))).toBe(amount);
      }),
    );
  });

  test.each([
    ['JPY', 1180n, '1180'],
    ['INR', 118000n, '1180.00'],
    ['KWD', 5n, '0.005'],
  ] satisfies [Currency, bigint, string][])('writes the decimals of %s', (code, amount, text) => {
    expect(formatMoney(amount, code)).toBe(text);
  });

  test.each(['', '-1', '+1', '1e3', '1,000.00', ' 1', '01', '.5', '1.', 'NaN', '1.2345', '9999999999999999'])(
    'refuses %p',
    (text) => {
      expect(() => parseMoney(text, 'KWD')).toThrow();
    },
  );

  test('refuses more decimals than the currency has', () => {
    expect(() => parseMoney('1.5', 'JPY')).toThrow('at most 0 decimals');
    expect(() => parseMoney('1.005', 'INR')).toThrow('at most 2 decimals');
  });
});
