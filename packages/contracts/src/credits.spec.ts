import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  creditsOfFigure,
  creditsToDecimal,
  creditsToNumber,
  CREDITS_PER_REQUEST_MAX,
  fromMicroCredits,
  InvalidCreditsError,
  parseCredits,
} from './credits.ts';

describe('credits', () => {
  test('every amount a request may carry survives both wire forms exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, CREDITS_PER_REQUEST_MAX), (micro) => {
        const credits = fromMicroCredits(micro);
        expect(parseCredits(creditsToDecimal(credits))).toBe(credits);
        expect(parseCredits(creditsToNumber(credits))).toBe(credits);
      }),
      { numRuns: 2000 },
    );
  });

  test('a figure is read back exactly as it was answered, below zero and above the maximum of one request too', () => {
    const max: bigint = CREDITS_PER_REQUEST_MAX;
    fc.assert(
      fc.property(fc.bigInt(-max, max), (micro) => expect(creditsOfFigure(creditsToNumber(micro))).toBe(micro)),
    );
    expect(creditsOfFigure(8_000_000_000)).toBe(8_000_000_000_000_000n);
  });

  test('5, 5.0 and "5" are one amount', () => {
    expect([5, 5.0, '5', '5.0', '5.000000'].map(parseCredits)).toEqual(Array(5).fill(5_000_000n));
  });

  test.each([
    -1,
    NaN,
    Infinity,
    1e-7,
    1e21,
    1e10,
    '1e3',
    '+1',
    ' 1',
    '1.',
    '.5',
    '0x1',
    '1.1234567',
    '1000000000.000001',
    '',
    null,
    true,
    {},
    [1],
  ])('refuses %p', (input) => expect(() => parseCredits(input)).toThrow(InvalidCreditsError));
});
