import { describe, expect, test } from '@jest/globals';
import { ConsumeCreditsRequest, EVENT_PAYLOADS, ReleaseCreditsRequest, ReserveCreditsRequest } from '@tandem/contracts';
import { plainToInstance } from 'class-transformer';
import { IsArray, validateSync } from 'class-validator';
import fc from 'fast-check';
import { compileAcceptance } from './quick-acceptance.ts';

const BODIES = [ReserveCreditsRequest, ConsumeCreditsRequest, ReleaseCreditsRequest];

/** Values that are right for some field and wrong for others, at the edges of what is allowed. */
const values = fc.oneof(
  fc.constantFrom<unknown>(
    1,
    0,
    -1,
    2.5,
    '2.5',
    '1e3',
    1e10,
    NaN,
    true,
    null,
    undefined,
    '',
    'settle',
    'v1:partner:7',
    'v1:partner:07',
    {},
    [],
    'a b',
    '01a1fbed-16ee-72e4-b500-3c456bee659d',
    'commission_request',
    'x'.repeat(128),
    'x'.repeat(129),
    'x'.repeat(256),
    'é',
    1_000_001,
  ),
  fc.string({ maxLength: 5 }),
  fc.integer(),
);
const names = [
  'account_id',
  'external_key',
  'idempotency_key',
  'acceptance',
  'acting_user',
  'reason',
  'amount',
  'ref_type',
  'ref_id',
  'expires_in_minutes',
  'operator_override',
  'reservation_id',
  'on_missing_hold',
  'status',
  'unknown_field',
];
const bodies = fc
  .tuple(
    fc.constantFrom(
      {},
      { external_key: 'v1:partner:7', ref_type: 'commission_request', ref_id: '1', idempotency_key: 'k' },
    ),
    fc.dictionary(fc.constantFrom(...names), values, { maxKeys: 4, noNullPrototype: true }),
  )
  .map(([valid, changes]) => ({ ...valid, ...changes }));

describe('quick acceptance', () => {
  test.each(BODIES)('accepts and refuses exactly what the decorators of %p do', (type) => {
    const accept = compileAcceptance(type);
    let accepted = 0;
    fc.assert(
      fc.property(bodies, (body) => {
        const instance = plainToInstance(type as new () => object, body);
        const errors = validateSync(instance, {
          whitelist: true,
          forbidNonWhitelisted: true,
          forbidUnknownValues: true,
        });
        const quick = accept(body);
        expect([body, quick !== null]).toEqual([body, errors.length === 0]);
        if (quick) {
          accepted += 1;
          expect(quick).toBeInstanceOf(type);
          expect(quick).toEqual(instance);
        }
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test.each([null, 'text', 5, [], new Map(), Object.create({ inherited: 1 })])(
    'leaves %p to the ordinary pipe',
    (body) => {
      expect(compileAcceptance(ReleaseCreditsRequest)(body)).toBeNull();
    },
  );

  test('does not compile what it does not understand', () => {
    expect(() => compileAcceptance(EVENT_PAYLOADS.payment_recorded)).toThrow('cannot be compiled');
    expect(() => compileAcceptance(class Bare {})).toThrow('no validation rules');
    class Each {
      @IsArray({ each: true })
      lists: unknown[];
    }
    expect(() => compileAcceptance(Each)).toThrow('cannot be compiled');
  });
});
