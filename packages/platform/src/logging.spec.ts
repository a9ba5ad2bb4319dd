import { expect, test } from '@jest/globals';
import { redactSecrets } from './logging.ts';

test.each([
  ['an authorization header', '{"headers":{"authorization":"Bearer abc.def.ghi"}}', 'abc.def'],
  ['a quoted value with escapes', '{"password":"a\\"b secret"}', 'secret'],
  ['a Stripe key in a message', '{"msg":"called with sk_test_51Habc"}', '51Habc'],
  ['a restricted key', '{"msg":"rk_live_51Habc"}', '51Habc'],
  ['a webhook secret', '{"msg":"whsec_0123456789"}', '0123456789'],
  ['a service token in a stack', '{"stack":"Error: tdm_0011223344556677_abc-def_ghi at x"}', 'abc-def_ghi'],
  ['a session cookie', '{"msg":"Cookie: access_token=abcdef; a=b"}', 'abcdef'],
  ['a database password', '{"msg":"postgres://tandem:hunter2@db:5432/v1"}', 'hunter2'],
])('redacts %s and keeps the line readable', (_name, line, secret) => {
  const written = redactSecrets(line);
  expect(written).not.toContain(secret);
  expect(JSON.parse(written)).toBeDefined();
});

test('leaves ordinary words alone', () => {
  const line = '{"msg":"task_id asks for a token of the risk_level","key":"v1:partner:77"}';
  expect(redactSecrets(line)).toBe(line);
});
