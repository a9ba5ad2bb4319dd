import { DomainError } from '@tandem/platform/errors';

/**
 * Refuses a write that was made from an older copy of a document. Call it under the row's lock.
 * @throws DomainError `stale_version` (409) with the version the caller should read again.
 */
export function checkVersion({ expected, actual }: { expected: number | undefined; actual: number }): void {
  if (expected !== undefined && expected !== actual) {
    throw new DomainError('stale_version', 'The document was changed meanwhile. Read it again and repeat the change.', {
      current_version: actual,
    });
  }
}
