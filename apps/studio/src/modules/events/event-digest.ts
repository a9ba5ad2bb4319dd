import { hash } from 'node:crypto';

/** JSON with the keys of every object sorted, so that two spellings of one value are one text. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = value as Record<string, unknown>;
  const parts = Object.keys(fields)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(fields[key])}`);
  return `{${parts.join(',')}}`;
}

/** What makes two sendings of a key the same fact. */
export interface EventFact {
  readonly source_system: string;
  readonly event_type: string;
  readonly account_id: string;
  readonly payload: Record<string, unknown>;
  readonly occurred_at: string | null;
}

/**
 * SHA-256, in hex, over the named fields of a fact. `event_emitted_at` says when it was sent, not what happened: existing
 * senders write it anew with every repeat.
 */
export function eventDigest(fact: EventFact): string {
  const { event_emitted_at: _sentAt, ...payload } = fact.payload;
  return hash(
    'sha256',
    canonicalJson([fact.source_system, fact.event_type, fact.account_id, payload, fact.occurred_at]),
  );
}
