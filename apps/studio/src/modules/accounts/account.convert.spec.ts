import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toAccountStatus, toAccountStatusJson, type AccountStatusSqlRow } from './account.convert.ts';

const micro = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String);

const row: fc.Arbitrary<AccountStatusSqlRow> = fc.record({
  account_id: fc.uuid(),
  external_key: fc.constantFrom('v1:partner:77', 'v2:tenant:a_B-9'),
  tenant_id: fc.option(fc.uuid()),
  account_type: fc.constantFrom('TENANT', 'EXTERNAL_ASSOCIATE'),
  display_name: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '"', '\\', 'a\nb', 'é 😀', '\u2028', '\u007f'),
  ),
  payment_terms_days: fc.integer({ min: 1, max: 365 }),
  currency: fc.constantFrom('INR', 'EUR'),
  is_enabled: fc.boolean(),
  last_activity_at: fc.option(fc.constant('2026-11-21T08:00:00.000Z')),
  billing_mode: fc.option(fc.constantFrom('POSTPAID', 'CREDIT')),
  account_status: fc.option(fc.constantFrom('ACTIVE', 'SUSPENDED')),
  balance_micro: fc.option(micro),
  reserved_micro: fc.option(micro),
});

test('the status written as JSON at once is the JSON of the status, byte for byte', () => {
  fc.assert(
    fc.property(row, (account) => {
      expect(toAccountStatusJson(account)).toBe(JSON.stringify(toAccountStatus(account)));
    }),
    { numRuns: 2000 },
  );
});
