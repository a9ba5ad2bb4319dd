/** Names of fields that hold credentials. `idempotency_key` is none. */
const SECRET_NAME = /token|secret|password|passphrase|authorization|cookie|api[-_]?key|private[-_]?key/i;
/** Service tokens and bearer credentials, wherever they stand in a text. */
const SECRET_TEXT = /\b(?:tdm_[0-9a-f]{16}_[A-Za-z0-9_-]+|Bearer +\S+)/g;
const REDACTED = '[redacted]';

/** A copy of a JSON value for people to look at, without anything that looks like a credential. */
export function redact<T>(value: T): T {
  return redactValue(value) as T;
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(SECRET_TEXT, REDACTED);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      SECRET_NAME.test(name) && member !== null ? REDACTED : redactValue(member),
    ]),
  );
}
