import { isISO8601 } from 'class-validator';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.(\d{1,6}))?)?(?:Z|[+-]\d{2}:\d{2})$/;
const EARLIEST = Date.UTC(1900);
const END = Date.UTC(9999, 0);

/**
 * Reads a moment: a calendar date and time with its zone and up to six decimals of a second, in the years 1900 to 9998.
 * Answers it in UTC with all six decimals, because the books are kept in microseconds and a Date would cut them. Null
 * for anything else, also for what ISO 8601 allows and a Date does not understand (weeks, days of the year, a comma).
 */
export function readMoment(value: unknown): string | null {
  const form = typeof value === 'string' ? INSTANT.exec(value) : null;
  if (!form || !isISO8601(form[0], { strict: true })) return null;
  const milliseconds = Date.parse(form[0]);
  // A comparison with NaN is false: what is no time is not in range.
  if (!(milliseconds >= EARLIEST && milliseconds < END)) return null;
  const decimals = (form[1] ?? '').padEnd(6, '0');
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, `.${decimals}Z`);
}
