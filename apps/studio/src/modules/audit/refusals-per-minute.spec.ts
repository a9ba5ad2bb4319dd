import { expect, test } from '@jest/globals';
import { REFUSALS_WRITTEN_MAX, RefusalsPerMinute } from './refusals-per-minute.ts';

const at = (seconds: number) => new Date(seconds * 1000);

test('an actor gets so many lines in a minute, the last of which says so; others and later minutes have their own', () => {
  const refusals = new RefusalsPerMinute();
  const first = Array.from({ length: REFUSALS_WRITTEN_MAX + 2 }, () => refusals.next('viewer a', at(59)));
  expect(first.slice(0, REFUSALS_WRITTEN_MAX - 1)).toEqual(Array(REFUSALS_WRITTEN_MAX - 1).fill('write'));
  expect(first.slice(REFUSALS_WRITTEN_MAX - 1)).toEqual(['write the last', 'count', 'count']);
  expect(refusals.next('viewer b', at(59))).toBe('write');
  expect(refusals.next('viewer a', at(60))).toBe('write');
});
