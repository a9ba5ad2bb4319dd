import { createHash } from 'node:crypto';

/** JSON with the keys of every object sorted, so that two spellings of one value are one text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
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
  const named = [fact.source_system, fact.event_type, fact.account_id, payload, fact.occurred_at];
  return createHash('sha256').update(canonicalJson(named)).digest('hex');
}
