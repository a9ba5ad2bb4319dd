import { describe, expect, test } from '@jest/globals';
import { toExternalKey } from '@tandem/contracts';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { accountIdOf } from '../accounts/account-id.ts';
import { readManaged, type ManagedOperation } from './managed-commands.ts';

const PARTNER = 'v1:partner:77';
const OTHER = 'v1:partner:78';
const otherId = accountIdOf(toExternalKey(OTHER));
const own = (operation: ManagedOperation, fields: Record<string, unknown>, namespace: string | null = null) =>
  readManaged(operation, { external_key: PARTNER, ...fields }, namespace).own;

describe('what a managed command asks of the ledger', () => {
  const terms = { amount: '2.5', priority: 0, expires_at: '2026-12-31T01:00:00+01:00' };
  const lot = { amount: 2_500_000n, lotPriority: 0, lotExpiresAt: new Date('2026-12-31T00:00:00Z') };

  test('a grant makes a lot of its kind, place and end', () => {
    expect(own('grant', { ...terms, kind: 'adjustment' })).toEqual({
      operation: 'grant',
      ...lot,
      lotKind: 'adjustment',
    });
  });

  test('a purchase names what was bought', () => {
    expect(own('purchase', { ...terms, ref_type: 'payment_intent', ref_id: 'pi_1' })).toEqual({
      operation: 'purchase',
      ...lot,
      refType: 'payment_intent',
      refId: 'pi_1',
    });
  });

  test.each([{ amount: 1 }, { amount: 1, kind: null, priority: null, expires_at: null }])(
    'terms left out or null are the ledger’s own: %j',
    (fields) => {
      expect(own('grant', fields)).toEqual({
        operation: 'grant',
        amount: 1_000_000n,
        lotPriority: undefined,
        lotExpiresAt: undefined,
        lotKind: undefined,
      });
    },
  );

  test('an adjustment gives or takes', () => {
    expect(own('adjust', { amount: -3, reason: 'counted twice' })).toEqual({
      operation: 'adjust',
      amount: -3_000_000n,
    });
    expect(own('adjust', { amount: '3', reason: 'forgotten' })).toEqual({ operation: 'adjust', amount: 3_000_000n });
  });

  test.each([
    [{ seq: 5, amount: 1 }, 1_000_000n],
    [{ seq: 5 }, undefined],
    [{ seq: 5, amount: null }, undefined],
  ])('a reversal %j undoes as much as it says, else all', (fields, amount) => {
    expect(own('reverse', fields)).toEqual({ operation: 'reverse', reversesSeq: 5, amount });
  });

  test.each([
    [{ amount: '0.000001' }, 1n],
    [{}, undefined],
  ])('a clawback %j takes back as much as it says, else all', (fields, amount) => {
    expect(own('clawback', { ref_type: 'payment_intent', ref_id: 'pi_1', ...fields })).toEqual({
      operation: 'clawback',
      refType: 'payment_intent',
      refId: 'pi_1',
      amount,
    });
  });
});

describe('a transfer', () => {
  const fields = { amount: 4, to_external_key: OTHER };

  test('goes to the account the key names', () => {
    const transfer = { operation: 'transfer', toAccountId: otherId, amount: 4_000_000n };
    expect(own('transfer', fields)).toEqual(transfer);
    expect(own('transfer', fields, 'v1:')).toEqual(transfer);
    expect(readManaged('transfer', { ...fields, account_id: accountIdOf(toExternalKey(PARTNER)) }, null).own).toEqual(
      transfer,
    );
  });

  test.each([
    ['its key', { external_key: OTHER }],
    ['its id', { account_id: otherId }],
    ['its id in capitals', { account_id: otherId.toUpperCase() }],
  ])('does not go to the account it comes from, named by %s', (_name, from) => {
    expect(() => readManaged('transfer', { ...fields, ...from }, null)).toThrow(
      expect.objectContaining({ errors: [{ path: 'to_external_key', message: 'must be another account' }] }),
    );
  });

  test('that names no account to come from is read all the same: who resolves the account refuses it', () => {
    expect(readManaged('transfer', fields, null).own.toAccountId).toBe(otherId);
  });

  test.each([
    ['goes to', { external_key: 'v2:tenant:1', to_external_key: OTHER }],
    ['comes from', { external_key: OTHER, to_external_key: 'v2:tenant:1' }],
  ])('is refused when the account it %s is another namespace’s', (_name, keys) => {
    expect(() => own('transfer', { ...fields, ...keys }, 'v2:')).toThrow(DomainError);
    expect(() => own('transfer', { ...fields, ...keys }, 'v2:')).toThrow(/v2:/);
  });
});

const complete: [ManagedOperation, Record<string, unknown>, string][] = [
  ['grant', { amount: 1 }, 'amount'],
  ['purchase', { amount: 1, ref_type: 'payment_intent', ref_id: 'pi_1' }, 'ref_id'],
  ['adjust', { amount: -1, reason: 'why' }, 'amount'],
  ['reverse', { seq: 1 }, 'seq'],
  ['transfer', { amount: 1, to_external_key: OTHER }, 'to_external_key'],
  ['clawback', { ref_type: 'payment_intent', ref_id: 'pi_1' }, 'ref_id'],
];

test.each(complete)(
  '%s answers its body as read, and is not valid without all it needs',
  (operation, fields, needed) => {
    const body = { external_key: PARTNER, idempotency_key: 'k', ...fields };
    expect(readManaged(operation, body, null).body).toMatchObject(body);
    expect(() => readManaged(operation, { ...body, [needed]: undefined }, null)).toThrow(ValidationError);
  },
);
