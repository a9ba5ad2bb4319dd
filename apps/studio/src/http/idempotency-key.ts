import { IDEMPOTENCY_KEY_PATTERN } from '@tandem/contracts';
import { DomainError, ValidationError } from '@tandem/platform/errors';

/**
 * The key of a write, given in the body or in the Idempotency-Key header.
 * @throws DomainError `idempotency_key_required` when neither has it; ValidationError when they disagree
 */
export function idempotencyKeyOf(header: string | undefined, bodyKey: string | null | undefined): string {
  if (header !== undefined && !IDEMPOTENCY_KEY_PATTERN.test(header)) {
    throw new ValidationError([
      { path: 'Idempotency-Key', message: 'must be 1 to 255 characters of A-Z a-z 0-9 _ . : @ / + = ~ -' },
    ]);
  }
  if (header !== undefined && bodyKey != null && header !== bodyKey) {
    throw new ValidationError([{ path: 'idempotency_key', message: 'differs from the Idempotency-Key header' }]);
  }
  const key = header ?? bodyKey;
  if (key == null) throw new DomainError('idempotency_key_required', 'idempotency_key is required');
  return key;
}
