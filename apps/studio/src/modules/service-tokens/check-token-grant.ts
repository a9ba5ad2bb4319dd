import { STUDIO_SCOPES } from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';

/** Names of services. Rotation keeps the name, and the name is the scope of idempotency keys. */
export const CLIENT_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** Beginning of the keys a token may use: a namespace, or one kind in it. */
export const NAMESPACE_PATTERN = /^(v1:((partner|client|assignment|invoice|channel):)?|v2:((tenant|external):)?)$/;

/** Studio keys its own commands with these. */
const RESERVED_CLIENTS: ReadonlySet<string> = new Set(['operator', 'operator-approval', 'studio']);

/**
 * What a service token may be given, whoever issues it.
 * @throws ValidationError
 */
export function checkTokenGrant(grant: {
  readonly client: string;
  readonly scopes: readonly string[];
  readonly namespace: string | null;
}): void {
  const errors: { path: string; message: string }[] = [];
  if (!CLIENT_PATTERN.test(grant.client) || RESERVED_CLIENTS.has(grant.client)) {
    errors.push({ path: 'client', message: 'client must be a free name of a-z 0-9 . _ -' });
  }
  const unknown = grant.scopes.filter((scope) => !(STUDIO_SCOPES as readonly string[]).includes(scope));
  if (unknown.length > 0 || grant.scopes.length === 0) {
    errors.push({ path: 'scopes', message: `scopes must be of ${STUDIO_SCOPES.join(', ')}` });
  }
  if (grant.namespace !== null && !NAMESPACE_PATTERN.test(grant.namespace)) {
    errors.push({ path: 'namespace', message: 'namespace must be v1: or v2:, or one kind in it, as in v1:partner:' });
  }
  // A stolen or confused V1 must not be able to give its own accounts credits.
  if (grant.namespace?.startsWith('v1:') && grant.scopes.includes('credits:manage')) {
    errors.push({ path: 'scopes', message: 'credits:manage is never given to a token bound to v1: accounts' });
  }
  if (errors.length > 0) throw new ValidationError(errors);
}
