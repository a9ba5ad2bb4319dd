import { ValidationError } from '@tandem/platform/errors';
import { isISO8601 } from 'class-validator';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.(\d{1,6}))?)?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads a moment from a query, with its zone and up to six decimals of a second, and writes it in UTC with all six: a
 * Date would cut it to milliseconds, and the books are kept in microseconds.
 * @throws ValidationError
 */
export function readInstant(text: string, path: string): string {
  const form = INSTANT.exec(text);
  const milliseconds = form && isISO8601(text, { strict: true }) ? Date.parse(text) : NaN;
  const isInRange = milliseconds >= Date.UTC(1900) && milliseconds < Date.UTC(9999, 0);
  if (!form || !isInRange) {
    throw new ValidationError([{ path, message: 'must be a time with its zone, such as 2026-01-31T12:00:00Z' }]);
  }
  const decimals = (form[1] ?? '').padEnd(6, '0');
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, `.${decimals}Z`);
}
