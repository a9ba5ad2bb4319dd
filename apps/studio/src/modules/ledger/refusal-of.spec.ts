import { expect, test } from '@jest/globals';
import type { ErrorCode } from '@tandem/contracts';
import { DomainError } from '@tandem/platform/errors';
import type { CommandOutcome, UnpostedOutcome } from './credit-command.ts';
import { refusalOf } from './refusal-of.ts';

const REFUSALS: ErrorCode[] = [
  'account_not_enrolled',
  'reservation_not_found',
  'idempotency_key_reused',
  'ACCOUNT_NOT_ACTIVE',
  'INSUFFICIENT_CREDITS',
  'CREDIT_BALANCE_INVARIANT_FAILED',
  'RESERVATION_ALREADY_ACTIVE',
  'RESERVATION_ALREADY_CONSUMED',
  'RESERVATION_ALREADY_RELEASED',
  'RESERVATION_ALREADY_EXPIRED',
  'insufficient_credits',
  'ledger_entry_not_found',
  'purchase_not_found',
  'shortfall_not_found',
  'shortfall_not_open',
  'ENTRY_NOT_REVERSIBLE',
  'REVERSAL_EXCEEDS_ENTRY',
  'PURCHASE_ALREADY_CREDITED',
  'ALREADY_SETTLED',
  'LOT_ALREADY_ENDED',
];

function refused(details: UnpostedOutcome['details'], more: Partial<CommandOutcome> = {}): CommandOutcome {
  const unposted = { details, ref_type: null, ref_id: null, acceptance: null, created_at: '2026-01-01T00:00:00Z' };
  return { outcome: 'REFUSED', code: 'INSUFFICIENT_CREDITS', unposted, ...more };
}

test.each(REFUSALS)('%s is told in words', (code) => {
  const refusal = refusalOf({ outcome: 'REJECTED', code });
  expect(refusal).toMatchObject({ code, details: {} });
  expect(refusal.message).toMatch(/^\w+( \w+){2,}$/);
});

test('a code nobody has put into words is told by its name', () => {
  expect(refusalOf({ outcome: 'REJECTED', code: 'in_flight' }).message).toBe('in_flight');
});

test('too few credits: what was asked, what was there, and what is missing, in credits', () => {
  const refusal = refusalOf(refused({ required_micro: '2500000', available_micro: '-1000000' }));
  expect(refusal).toMatchObject({ details: { required: 2.5, available: -1, shortfall: 3.5 } });
});

test.each([{ required_micro: '1' }, { available_micro: '1' }])('half of the figures (%j) are none', (details) => {
  expect(refusalOf(refused(details))).toMatchObject({ details: {} });
});

test('names the hold that is in the way', () => {
  expect(refusalOf(refused({ reservation_id: 'r' }))).toHaveProperty('details', { reservation_id: 'r' });
});

test('carries the receipt of a stored refusal, and only then', () => {
  const receipt = { incarnation: 'i', account_seq: 3, last_seal: null };
  expect(refusalOf(refused({}), receipt)).toHaveProperty('details', { receipt });
  expect(refusalOf(refused({}))).toHaveProperty('details', {});
});

test('a refusal given before says so in its header; a first one does not', () => {
  expect(refusalOf(refused({}, { replayed: true }))).toHaveProperty('headers', { 'Idempotent-Replayed': 'true' });
  expect(refusalOf(refused({}, { replayed: false }))).toHaveProperty('headers', {});
});

test.each([undefined, null])(
  'an outcome that is no refusal (code %p) is a fault of ours, not of the caller',
  (code) => {
    const fault = refusalOf({ outcome: 'POSTED', ...(code === undefined ? {} : { code }) });
    expect(fault).not.toBeInstanceOf(DomainError);
    expect(fault.message).toContain('POSTED');
  },
);
