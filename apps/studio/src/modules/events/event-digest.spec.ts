import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, eventDigest } from './event-digest.ts';

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)]),
  );
}

describe('event digest', () => {
  test('the order of keys does not matter, at any depth', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))),
    );
  });

  test('each named field matters', () => {
    const fact = { source_system: 'v1', event_type: 'x', account_id: 'a', payload: { n: 1 }, occurred_at: null };
    const digests = [
      fact,
      { ...fact, source_system: 'v2' },
      { ...fact, event_type: 'y' },
      { ...fact, account_id: 'b' },
      { ...fact, payload: { n: '1' } },
      { ...fact, occurred_at: '2026-01-01T00:00:00.000Z' },
    ].map(eventDigest);
    expect(new Set(digests).size).toBe(digests.length);
  });
});
