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
  parseSignedCredits,
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

  test('a number is the one nearest to the exact decimal, however large the count', () => {
    const largest = 2n ** 63n;
    fc.assert(
      fc.property(fc.bigInt(-largest, largest), fc.bigInt(-(2n ** 54n), 2n ** 54n), (any, near) => {
        for (const micro of [any, near]) expect(creditsToNumber(micro)).toBe(Number(creditsToDecimal(micro)));
      }),
      { numRuns: 2000 },
    );
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

  test('says what is wrong with an amount, and that it is an amount that is wrong', () => {
    expect(() => parseCredits(null)).toThrow('must be a number or a decimal string of credits');
    expect(() => parseCredits('1.1234567')).toThrow('must be zero or more credits with at most 6 decimals');
    expect(() => parseCredits('1000000000.000001')).toThrow('must be at most 1000000000 credits');
    expect(() => parseCredits(-1)).toThrow(expect.objectContaining({ name: 'InvalidCreditsError' }));
  });

  test('one request may carry the maximum, and nothing', () => {
    expect(parseCredits('1000000000.000000')).toBe(1_000_000_000_000_000n);
    expect(parseCredits(0)).toBe(0n);
  });

  test('an amount that may take is the same amount with a sign', () => {
    expect(parseSignedCredits(-5)).toBe(-5_000_000n);
    expect(parseSignedCredits('-2.5')).toBe(-2_500_000n);
    expect(parseSignedCredits('2.5')).toBe(2_500_000n);
    expect(parseSignedCredits(5)).toBe(5_000_000n);
    expect(parseSignedCredits(-0)).toBe(0n);
  });

  test.each(['--5', '-', '- 5', '+5', '-1000000000.000001', -1e-7, null, true, ['-5']])(
    'refuses %p where an amount may be below zero',
    (input) => expect(() => parseSignedCredits(input)).toThrow(InvalidCreditsError),
  );

  test('decimals are written without trailing zeros and with their sign', () => {
    const texts = ['0', '-1', '3.72', '-0.000001', '10', '100.1'];
    expect(texts.map((text) => creditsToDecimal(parseSignedCredits(text)))).toEqual(texts);
  });
});
