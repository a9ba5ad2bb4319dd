import { expect, test } from '@jest/globals';
import { BillingEventRequest, EVENT_PAYLOADS, V1_EVENT_TYPES, type V1EventType } from '@tandem/contracts';
import { ValidationError } from '@tandem/platform/errors';
import { toValid } from '@tandem/platform/http/validation.pipe';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import fc from 'fast-check';
import { checkEvent } from './check-event.ts';
import { acceptsPayload } from './payload-acceptance.ts';

/** Values some field of an event takes, and some that none does. */
const value = fc.constantFrom<unknown>(
  ...[
    null,
    0,
    7,
    1.5,
    -1,
    true,
    '',
    'v1',
    'note',
    'DRAFT',
    'INR',
    '1180.00',
    '-0.5',
    '1e3',
    'a'.repeat(65),
    'a'.repeat(2001),
  ],
  ...['2026-11-01', '2026-11-01T08:00:00.000Z', '2026-02-30T08:00:00Z', '2026-W10', 'v1:partner:77', 'v1:partner:007'],
  ...['7e6fbb44-7f2c-4b2c-9c53-9d46f8a3a111', [], ['INR'], {}, { amount: '5.00' }, { amount: 5 }],
);

function fieldsOf(type: new () => object): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  return [...new Set(rules.map((rule) => rule.propertyName))];
}

/** An object with some of the fields, and now and then one more. */
function objectOf(fields: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.dictionary(fc.constantFrom(...fields, 'event_emitted_at', 'colour'), value, { maxKeys: 5 });
}

function errorsOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof ValidationError) return error.errors;
    throw error;
  }
  return [];
}

test('an envelope that is checked quickly is checked as the ordinary way checks it, to the word', () => {
  const valid = { source_system: 'v1', event_type: 'note', external_account_key: 'v1:partner:77' };
  const changes = objectOf(fieldsOf(BillingEventRequest));
  fc.assert(
    fc.property(changes, fc.boolean(), (change, isComplete) => {
      const sent = { ...(isComplete ? valid : {}), ...change };
      const present = Object.fromEntries(Object.entries(sent).filter(([, field]) => field !== null));
      const ordinary = errorsOf(() => toValid(BillingEventRequest, present));
      const quick = errorsOf(() => checkEvent(sent));
      const named = present['account_id'] !== undefined || present['external_account_key'] !== undefined;
      // A valid envelope is then asked for its account.
      if (named || (ordinary as unknown[]).length > 0) expect(quick).toEqual(ordinary);
      if ((quick as unknown[]).length === 0) expect(checkEvent(sent)).toEqual(toValid(BillingEventRequest, present));
    }),
    { numRuns: 3000 },
  );
});

test.each(V1_EVENT_TYPES)(
  'a payload of %s that is accepted quickly has no fault, and other ways to fail are kept',
  (type) => {
    const isNested = (['payment_recorded', 'invoice_paid'] as V1EventType[]).includes(type);
    fc.assert(
      fc.property(objectOf(fieldsOf(EVENT_PAYLOADS[type])), (payload) => {
        const faults = validateSync(plainToInstance<object, unknown>(EVENT_PAYLOADS[type], payload));
        expect(acceptsPayload(type, payload)).toBe(!isNested && faults.length === 0);
        const event = {
          source_system: 'v1',
          event_type: type,
          external_account_key: 'v1:partner:77',
          payload_json: payload,
        };
        const paths = (errorsOf(() => checkEvent(event)) as { path: string }[]).map(({ path }) => path.split('.')[1]);
        expect(new Set(paths)).toEqual(new Set(faults.map((fault) => fault.property)));
      }),
      { numRuns: 1000 },
    );
  },
);
