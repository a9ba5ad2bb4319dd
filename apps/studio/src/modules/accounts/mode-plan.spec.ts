import { describe, expect, test } from '@jest/globals';
import { parseCredits } from '@tandem/contracts';
import { backTest, needsPlan, planDigestOf, type ModeState } from './mode-plan.ts';

const none = { count: 0, credits: parseCredits(0), withoutAmount: 0, digest: '' };
const state: ModeState = {
  version: 3,
  billingMode: 'POSTPAID',
  accountStatus: 'ACTIVE',
  balance: parseCredits(10),
  reserved: parseCredits(0),
  overdraftLimit: parseCredits(0),
  seq: 7,
  openHolds: none,
  ignoredWork: none,
};

const work = (...amounts: number[]) =>
  amounts.map((amount, index) => ({ at: new Date(Date.UTC(2026, 0, index + 1)), amount: parseCredits(amount) }));

describe('a back-test', () => {
  test('holds what fits, in order; a piece that does not fit leaves the credits to the next', () => {
    expect(backTest(work(4, 7, 6, 1), 'CREDIT', parseCredits(10))).toEqual({
      held: { count: 2, credits: parseCredits(10) },
      refused: { count: 2, credits: parseCredits(8) },
      invoiced: { count: 0, credits: 0n },
      firstRefusedAt: new Date('2026-01-02T00:00:00.000Z'),
    });
  });

  test('leaves everything to the invoice in POSTPAID mode', () => {
    expect(backTest(work(4, 7), 'POSTPAID', parseCredits(0))).toMatchObject({
      held: { count: 0 },
      refused: { count: 0 },
      invoiced: { count: 2, credits: parseCredits(11) },
      firstRefusedAt: null,
    });
  });
});

describe('a plan', () => {
  test.each([
    { version: 4 },
    { billingMode: 'CREDIT' },
    { accountStatus: 'SUSPENDED' },
    { balance: parseCredits(11) },
    { reserved: parseCredits(1) },
    { overdraftLimit: parseCredits(1) },
    { seq: 8 },
    { openHolds: { ...none, digest: 'x' } },
    { ignoredWork: { ...none, count: 1 } },
    { ignoredWork: { ...none, digest: 'x' } },
  ] as Partial<ModeState>[])('is another one once %j changed', (change) => {
    expect(planDigestOf('a', 'CREDIT', { ...state, ...change })).not.toBe(planDigestOf('a', 'CREDIT', state));
  });

  test('is of one account and one mode', () => {
    const digests = [
      planDigestOf('a', 'CREDIT', state),
      planDigestOf('b', 'CREDIT', state),
      planDigestOf('a', 'POSTPAID', state),
    ];
    expect(new Set(digests).size).toBe(3);
  });

  test('is needed when holds are open or work is in flight', () => {
    expect(needsPlan(state)).toBe(false);
    expect(needsPlan({ ...state, openHolds: { ...none, count: 1 } })).toBe(true);
    expect(needsPlan({ ...state, ignoredWork: { ...none, count: 1 } })).toBe(true);
  });
});
