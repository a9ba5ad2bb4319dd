/**
 * The stable name of an account that both services use (CONTRACT 1.3, AD-03..05). Cross-database ids are never sent;
 * this key is. Keys are built and read only here.
 */
export type ExternalKey = string & { readonly __brand: 'ExternalKey' };

/** Kinds of thing a key may name, per namespace. */
export const EXTERNAL_KEY_KINDS = {
  v1: ['partner', 'client', 'assignment', 'invoice', 'channel'],
  v2: ['tenant', 'external'],
} as const;

export type ExternalKeyNamespace = keyof typeof EXTERNAL_KEY_KINDS;
export type V1EntityKind = (typeof EXTERNAL_KEY_KINDS)['v1'][number];
export type ExternalKeyKind = V1EntityKind | (typeof EXTERNAL_KEY_KINDS)['v2'][number];

export interface ExternalKeyParts {
  readonly namespace: ExternalKeyNamespace;
  readonly kind: ExternalKeyKind;
  readonly id: string;
}

const ID_PATTERN = /^[A-Za-z0-9_-]{1,128}$/;
const LEADING_ZERO_NUMBER = /^0[0-9]+$/;

/** Canonical form as one pattern, for validators and OpenAPI; `parseExternalKey` is the rule with its reasons. */
export const EXTERNAL_KEY_PATTERN =
  /^(v1:(partner|client|assignment|invoice|channel)|v2:(tenant|external)):(?!0[0-9]+$)[A-Za-z0-9_-]{1,128}$/;

/** Thrown by `parseExternalKey`; the message tells a person what is wrong with the key. */
export class InvalidExternalKeyError extends Error {
  override readonly name = 'InvalidExternalKeyError';
}

function isKind(namespace: ExternalKeyNamespace, kind: string): kind is ExternalKeyKind {
  return (EXTERNAL_KEY_KINDS[namespace] as readonly string[]).includes(kind);
}

function checkId(id: string): void {
  if (!ID_PATTERN.test(id)) {
    throw new InvalidExternalKeyError('external_key id must be 1 to 128 characters of A-Z a-z 0-9 _ -');
  }
  // "07" and "7" would name one V1 row twice.
  if (LEADING_ZERO_NUMBER.test(id)) {
    throw new InvalidExternalKeyError('external_key id must not have leading zeros');
  }
}

/**
 * Reads a key in canonical form.
 * @throws InvalidExternalKeyError when anything but the canonical form is given.
 */
export function parseExternalKey(text: string): ExternalKeyParts {
  const [namespace, kind, id, ...rest] = text.split(':');
  if (rest.length > 0 || kind === undefined || id === undefined) {
    throw new InvalidExternalKeyError('external_key must look like v1:partner:77');
  }
  if (namespace !== 'v1' && namespace !== 'v2') {
    throw new InvalidExternalKeyError('external_key must begin with v1: or v2:');
  }
  if (!isKind(namespace, kind)) {
    throw new InvalidExternalKeyError(
      `external_key kind must be one of ${EXTERNAL_KEY_KINDS[namespace].join(', ')} after ${namespace}:`,
    );
  }
  checkId(id);
  return { namespace, kind, id };
}

/**
 * Builds a key from its parts.
 * @throws InvalidExternalKeyError when the parts do not make a canonical key.
 */
export function buildExternalKey(parts: ExternalKeyParts): ExternalKey {
  const key = `${parts.namespace}:${parts.kind}:${parts.id}`;
  parseExternalKey(key);
  return key as ExternalKey;
}

/** Checks a text and brands it. Same errors as `parseExternalKey`. */
export function toExternalKey(text: string): ExternalKey {
  parseExternalKey(text);
  return text as ExternalKey;
}

/** Key of a V1 row. V1 ids are positive integers. */
export function v1Key(kind: V1EntityKind, id: number): ExternalKey {
  return buildExternalKey({ namespace: 'v1', kind, id: String(id) });
}

/** The V1 rows a billing fact may belong to. */
export interface AccountCandidates {
  readonly partnerId?: number | null;
  readonly clientId?: number | null;
  readonly assignmentId?: number | null;
  readonly invoiceId?: number | null;
}

/**
 * The account a billing fact is charged to: partner, else client, else assignment, else invoice (AD-04).
 * @throws InvalidExternalKeyError when no candidate is given.
 */
export function accountKeyFor(candidates: AccountCandidates): ExternalKey {
  const { partnerId, clientId, assignmentId, invoiceId } = candidates;
  if (partnerId != null) return v1Key('partner', partnerId);
  if (clientId != null) return v1Key('client', clientId);
  if (assignmentId != null) return v1Key('assignment', assignmentId);
  if (invoiceId != null) return v1Key('invoice', invoiceId);
  throw new InvalidExternalKeyError('no partner, client, assignment or invoice to build an account key from');
}
