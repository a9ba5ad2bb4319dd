import { describe, expect, test } from '@jest/globals';
import { ERROR_RULES, relayActionFor } from './error-codes.ts';

describe('error codes', () => {
  test('the code decides before the status', () => {
    expect(relayActionFor(409, 'in_flight')).toBe('retry');
    expect(relayActionFor(409, 'INSUFFICIENT_CREDITS')).toBe('refused');
    expect(relayActionFor(404, 'account_not_enrolled')).toBe('refused');
    expect(relayActionFor(422, 'idempotency_key_reused')).toBe('park');
  });

  test('an answer nobody knows never drops a row: it is held, retried or parked', () => {
    expect(relayActionFor(404, undefined)).toBe('hold');
    expect(relayActionFor(302, undefined)).toBe('hold');
    expect(relayActionFor(401, 'anything')).toBe('hold');
    expect(relayActionFor(503, undefined)).toBe('retry');
    expect(relayActionFor(429, 'toString')).toBe('retry');
    expect(relayActionFor(400, null)).toBe('park');
  });

  test('only a 5xx, a 429, a 408 or a key in flight is retried', () => {
    const retried = Object.entries(ERROR_RULES).filter(([, rule]) => rule.relay === 'retry');
    for (const [code, rule] of retried)
      expect(rule.status >= 500 || [408, 429].includes(rule.status) || code === 'in_flight').toBe(true);
  });
});
