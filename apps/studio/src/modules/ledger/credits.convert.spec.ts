import { expect, test } from '@jest/globals';
import { creditsToNumber, fromMicroCredits } from '@tandem/contracts';
import fc from 'fast-check';
import { toCredits } from './credits.convert.ts';

test('credits on the wire are the number nearest to the exact decimal, however large the count', () => {
  const largest = 9_223_372_036_854_775_807n;
  fc.assert(
    fc.property(
      fc.bigInt({ min: -largest, max: largest }),
      fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
      (any, safe) => {
        for (const micro of [any, safe]) {
          expect(toCredits(micro.toString())).toBe(creditsToNumber(fromMicroCredits(micro)));
        }
      },
    ),
    { numRuns: 2000 },
  );
  expect(toCredits('1100000')).toBe(1.1);
});
