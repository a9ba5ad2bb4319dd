import { expect, test } from '@jest/globals';
import { fromMicroCredits } from '@tandem/contracts';
import { byAccount, digestOf, type CreditCommand } from './credit-command.ts';

const bare: CreditCommand = { accountId: 'a', operation: 'reserve', client: 'v1', idempotencyKey: 'k' };

const full: CreditCommand = {
  ...bare,
  amount: fromMicroCredits(5_000_000n),
  refType: 'request',
  refId: '42',
  acceptance: 2,
  reservationId: 'r',
  expiresInMinutes: 15,
  settleWithoutHold: true,
  lotKind: 'purchased',
  lotPriority: 7,
  lotExpiresAt: new Date('2026-12-31T00:00:00Z'),
  reversesSeq: 9,
  toAccountId: 'b',
  shortfallId: 's',
};

test('digests never change: those stored by an earlier release must know the same request again', () => {
  expect(digestOf(bare)).toBe('35760670e4fb76780b259c9e13552cee9700274ff9220df8636d4e1080575675');
  expect(digestOf(full)).toBe('a205e57ce96894b229f46b4fe631be9431f5f135018e448fb3ec964ab8b6602c');
});

const others: Omit<CreditCommand, 'client' | 'idempotencyKey'> = {
  accountId: 'other',
  operation: 'charge',
  amount: fromMicroCredits(5_000_001n),
  refType: 'other',
  refId: '43',
  acceptance: 3,
  reservationId: 'other',
  expiresInMinutes: 16,
  settleWithoutHold: false,
  lotKind: 'promotional',
  lotPriority: 8,
  lotExpiresAt: new Date('2026-12-31T00:00:00.001Z'),
  reversesSeq: 10,
  toAccountId: 'other',
  shortfallId: 'other',
};

test.each(Object.keys(others) as (keyof typeof others)[])('another %s is another request', (field) => {
  expect(digestOf({ ...full, [field]: others[field] })).not.toBe(digestOf(full));
});

test('zero and absent are two requests; no hold allowed and not said are one', () => {
  for (const field of ['amount', 'acceptance', 'lotPriority'] as const) {
    expect(digestOf({ ...bare, [field]: 0 })).not.toBe(digestOf(bare));
  }
  expect(digestOf({ ...bare, settleWithoutHold: false })).toBe(digestOf(bare));
});

test('who asks, why, through which client and under which key is no part of what is asked', () => {
  expect(digestOf({ ...full, actor: 'ann', reason: 'why', client: 'other', idempotencyKey: 'other' })).toBe(
    digestOf(full),
  );
});

test('commands are grouped by account, accounts and commands in order of arrival', () => {
  const items = ['b1', 'a1', 'b2', 'c1', 'a2'].map((name) => ({ name, command: { ...bare, accountId: name[0]! } }));
  expect(byAccount(items).map((group) => group.map(({ name }) => name))).toEqual([['b1', 'b2'], ['a1', 'a2'], ['c1']]);
});
