import { IDEMPOTENCY_KEY_PATTERN } from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';

/** How the header is documented. */
export const IDEMPOTENCY_KEY_HEADER = {
  name: 'Idempotency-Key',
  required: false,
  description: '1 to 255 characters without spaces',
} as const;

/** How answers that repeat an earlier one are documented. */
export const REPLAYED_HEADER = { 'Idempotent-Replayed': { schema: { type: 'string' } } } as const;

/**
 * The key of a request from its header or its body; null when there is none.
 * @throws ValidationError for a malformed header, or when both are given and differ.
 */
export function readIdempotencyKey({
  header,
  body,
}: {
  header: string | undefined;
  body?: string | undefined;
}): string | null {
  const key = header?.trim();
  if (key === undefined) return body ?? null;
  if (!IDEMPOTENCY_KEY_PATTERN.test(key)) {
    throw new ValidationError([
      {
        path: 'Idempotency-Key',
        message: 'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces',
      },
    ]);
  }
  if (body !== undefined && body !== key) {
    throw new ValidationError([{ path: 'idempotency_key', message: 'idempotency_key differs from the header' }]);
  }
  return key;
}
