import { readMoment } from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';

/**
 * Reads a moment from a query, in UTC and to the microsecond.
 * @throws ValidationError
 */
export function readInstant(text: string, path: string): string {
  const instant = readMoment(text);
  if (instant === null) {
    throw new ValidationError([{ path, message: 'must be a time with its zone, such as 2026-01-31T12:00:00Z' }]);
  }
  return instant;
}
