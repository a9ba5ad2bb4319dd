import { expect, test } from '@jest/globals';
import { addDays, dayOf, isDay } from './calendar.ts';

test('an instant is another day in another time zone', () => {
  const instant = new Date('2026-03-31T20:00:00Z');
  expect(dayOf(instant, 'UTC')).toBe('2026-03-31');
  expect(dayOf(instant, 'Asia/Kolkata')).toBe('2026-04-01');
});

test('days are added across month ends, leap days and clock changes', () => {
  expect(addDays('2026-01-31', 1)).toBe('2026-02-01');
  expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
  expect(addDays('2026-03-28', 2)).toBe('2026-03-30');
  expect(addDays('2026-12-31', 0)).toBe('2026-12-31');
});

test('only days that exist are days', () => {
  expect(['2026-02-28', '2028-02-29'].every(isDay)).toBe(true);
  expect(['2026-02-29', '2026-13-01', '2026-1-1', '2026-02-28T00:00:00Z', ''].some(isDay)).toBe(false);
});
