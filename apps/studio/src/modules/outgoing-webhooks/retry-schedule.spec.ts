import { describe, expect, test } from '@jest/globals';
import { delayAfter, RETRY_WINDOW_MS } from './retry-schedule.ts';

const HOUR = 3_600_000;

describe('delayAfter', () => {
  test('grows to a cap, and is spread over the whole range below it', () => {
    const ceilings = [1, 2, 3, 11, 12, 13, 1000].map((attempt) =>
      delayAfter({ attempt, ageMs: 0, retryAfterMs: null, random: 1 }),
    );
    expect(ceilings).toEqual([10_000, 20_000, 40_000, 10_240_000, 20_480_000, 8 * HOUR, 8 * HOUR]);
    expect(delayAfter({ attempt: 20, ageMs: 0, retryAfterMs: null, random: 0.25 })).toBe(2 * HOUR);
    expect(delayAfter({ attempt: 20, ageMs: 0, retryAfterMs: null, random: 0 })).toBe(1000);
  });

  test('gives up after three days, with a last try at their end', () => {
    const last = { attempt: 30, retryAfterMs: null, random: 1 };
    expect(delayAfter({ ...last, ageMs: RETRY_WINDOW_MS - HOUR })).toBe(HOUR);
    expect(delayAfter({ ...last, ageMs: RETRY_WINDOW_MS })).toBeUndefined();
  });

  test('waits as long as the receiver asks, within the cap', () => {
    expect(delayAfter({ attempt: 1, ageMs: 0, retryAfterMs: 120_000, random: 0 })).toBe(120_000);
    expect(delayAfter({ attempt: 1, ageMs: 0, retryAfterMs: 1000 * HOUR, random: 0 })).toBe(8 * HOUR);
  });

  test.each([0.5, 0.9])('makes some 15 to 40 tries in three days (jitter %d)', (random) => {
    let ageMs = 0;
    let tries = 1;
    for (
      let delay;
      (delay = delayAfter({ attempt: tries, ageMs, retryAfterMs: null, random })) !== undefined;
      tries += 1
    ) {
      ageMs += delay;
    }
    expect(tries).toBeGreaterThan(15);
    expect(tries).toBeLessThan(40);
  });
});
