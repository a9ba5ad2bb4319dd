import { expect, test } from '@jest/globals';
import { redact } from './redact.ts';

test('nothing that looks like a credential is left, however deep; everything else is as it was', () => {
  const token = `tdm_0123456789abcdef_${'s'.repeat(43)}`;
  const shown = redact({
    idempotency_key: 'v1:credit_reserve:commission:7',
    amount: 4,
    payload_json: {
      service_token: token,
      Authorization: 'Bearer abc',
      password: null,
      notes: [`sent with ${token}`, 'Bearer abc.def', 'bearer of news'],
      api_key: { nested: 'x' },
    },
  });
  expect(shown).toEqual({
    idempotency_key: 'v1:credit_reserve:commission:7',
    amount: 4,
    payload_json: {
      service_token: '[redacted]',
      Authorization: '[redacted]',
      password: null,
      notes: ['sent with [redacted]', '[redacted]', 'bearer of news'],
      api_key: '[redacted]',
    },
  });
});
