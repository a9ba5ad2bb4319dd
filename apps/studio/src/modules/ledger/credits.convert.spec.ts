import { describe, expect, test } from '@jest/globals';
import { creditsToNumber, fromMicroCredits } from '@tandem/contracts';
import fc from 'fast-check';
import {
  ledgerDelta,
  toCredits,
  toIsoTime,
  toLedgerRow,
  toReservationRow,
  toShortfallRow,
  type LedgerSqlRow,
  type ReservationSqlRow,
} from './credits.convert.ts';

test('credits on the wire are the number nearest to the exact decimal, however large the count', () => {
  const largest = 9_223_372_036_854_775_807n;
  fc.assert(
    fc.property(
      fc.bigInt({ min: -largest, max: largest }),
      fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
      (any, safe) => {
        for (const micro of [any, safe]) {
          expect(toCredits(micro.toString())).toBe(creditsToNumber(fromMicroCredits(micro)));
        }
      },
    ),
    { numRuns: 2000 },
  );
  expect(toCredits('1100000')).toBe(1.1);
});

test('times are written in UTC with milliseconds, from the driver and from jsonb alike', () => {
  const written = '2026-01-02T03:04:05.600Z';
  expect(toIsoTime(new Date(written))).toBe(written);
  expect(toIsoTime('2026-01-02T05:04:05.6+02:00')).toBe(written);
  expect(toIsoTime('2026-01-02T03:04:05.600999+00:00')).toBe(written);
  expect(toIsoTime(written)).toBe(written);
});

test('a movement is one figure: its effect on the balance, or on what is available when the balance stays', () => {
  expect(ledgerDelta({ balance_delta_micro: '-5', reserved_delta_micro: '-7' })).toBe(-5n);
  expect(ledgerDelta({ balance_delta_micro: 5, reserved_delta_micro: 0 })).toBe(5n);
  expect(ledgerDelta({ balance_delta_micro: '0', reserved_delta_micro: '7' })).toBe(-7n);
  expect(ledgerDelta({ balance_delta_micro: 0, reserved_delta_micro: -7 })).toBe(7n);
});

const work = { ref_type: 'request', ref_id: '42', acceptance: 2 };

describe('a hold', () => {
  const row: ReservationSqlRow = {
    ...work,
    account_id: 'a',
    reservation_id: 'r',
    amount_micro: '2500000',
    held_micro: '2500000',
    status: 'ACTIVE',
    idempotency_key: 'k',
    created_at: '2026-01-01T00:00:00Z',
    expires_at: '2026-01-01T00:15:00Z',
    resolved_at: null,
  };

  test('is written with its amount, what it still holds and its times', () => {
    expect(toReservationRow(row)).toEqual({
      ...work,
      id: 'r',
      tenant_id: null,
      account_id: 'a',
      amount: 2.5,
      held_amount: 2.5,
      status: 'ACTIVE',
      idempotency_key: 'k',
      created_at: '2026-01-01T00:00:00.000Z',
      expires_at: '2026-01-01T00:15:00.000Z',
      consumed_at: null,
      released_at: null,
    });
    expect(toReservationRow({ ...row, tenant_id: 't' }).tenant_id).toBe('t');
  });

  test('used in part holds the rest', () => {
    expect(toReservationRow({ ...row, held_micro: '500000' })).toMatchObject({ amount: 2.5, held_amount: 0.5 });
  });

  const resolvedAt = '2026-01-01T00:10:00.000Z';
  test.each([
    ['CONSUMED', resolvedAt, null],
    ['RELEASED', null, resolvedAt],
    ['EXPIRED', null, null],
  ] as const)('%s holds nothing, and says when it came to that', (status, consumed_at, released_at) => {
    const ended = toReservationRow({ ...row, status, resolved_at: new Date(resolvedAt) });
    expect(ended).toMatchObject({ status, amount: 2.5, held_amount: 0, consumed_at, released_at });
  });
});

test('a movement is written with what it moved and what is there after it', () => {
  const row: LedgerSqlRow = {
    ...work,
    account_id: 'a',
    seq: '7',
    entry_id: 'e',
    kind: 'CONSUME',
    balance_delta_micro: '-2000000',
    reserved_delta_micro: '-3000000',
    balance_after_micro: '40000000',
    reserved_after_micro: '5000000',
    reservation_id: 'r',
    client: 'v1',
    idempotency_key: 'k',
    actor: 'ann',
    reason: 'because',
    effective_at: '2026-01-01T00:00:00Z',
    created_at: '2026-01-02T00:00:00Z',
  };
  expect(toLedgerRow(row)).toEqual({
    id: 'e',
    seq: 7,
    tenant_id: null,
    account_id: 'a',
    reservation_id: 'r',
    delta: -2,
    balance_delta: -2,
    reserved_delta: -3,
    balance_after: 40,
    reserved_after: 5,
    reason: 'CONSUME',
    ref_type: 'request',
    ref_id: '42',
    idempotency_key: 'k',
    metadata_json: { client: 'v1', acting_user: 'ann', reason: 'because', acceptance: 2 },
    created_at: '2026-01-02T00:00:00.000Z',
    effective_at: '2026-01-01T00:00:00.000Z',
  });
  expect(toLedgerRow({ ...row, tenant_id: 't' }).tenant_id).toBe('t');
});

test('a shortfall is written with what was not covered', () => {
  const created_at = '2026-01-01T00:00:00.000Z';
  const row = { ...work, account_id: 'a', shortfall_id: 's', amount_micro: '1500000', status: 'OPEN' } as const;
  expect(toShortfallRow({ ...row, created_at: new Date(created_at) })).toEqual({
    ...work,
    id: 's',
    account_id: 'a',
    amount: 1.5,
    status: 'OPEN',
    created_at,
  });
});
