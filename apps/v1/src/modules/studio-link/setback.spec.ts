import { describe, expect, test } from '@jest/globals';
import { setbackOf, type FoundHead, type HeldHead } from './setback.ts';

const held: HeldHead = {
  accountKey: 'v1:partner:1',
  incarnation: 'a',
  ledgerSeq: 10,
  eventSeq: 4,
  seal: { seq: 8, digest: 'd8' },
  newest: { kind: 'reserve', idempotencyKey: 'k' },
  setbacks: 0,
};
const same: FoundHead = {
  incarnation: 'a',
  account_seq: 10,
  event_seq: 4,
  known: true,
  digest_at: 'd8',
  last_seal: null,
};

describe('whether Studio went back', () => {
  test.each<[string, Partial<HeldHead>, Partial<FoundHead>, ReturnType<typeof setbackOf>]>([
    ['the same heads', {}, {}, null],
    ['heads that moved on', {}, { account_seq: 12, event_seq: 9 }, null],
    [
      'nothing was held but the incarnation',
      { ledgerSeq: null, eventSeq: null, seal: null, newest: null },
      { known: null, account_seq: 0, event_seq: 0, digest_at: null },
      null,
    ],
    ['a lost outcome', {}, { known: false, account_seq: 7 }, 'outcome_lost'],
    ['a lost outcome behind a head that moved on since', {}, { known: false, account_seq: 30 }, 'outcome_lost'],
    ['rows of others lost', {}, { account_seq: 9 }, 'head_went_back'],
    ['events lost', {}, { event_seq: 3 }, 'head_went_back'],
    ['another past under a head that moved on', {}, { account_seq: 30, digest_at: 'other' }, 'seal_differs'],
    ['a seal that is gone', {}, { digest_at: null }, 'seal_differs'],
    ['a ledger that has everything, under another name', {}, { incarnation: 'b' }, 'another_ledger'],
  ])('%s', (_name, heldOther, foundOther, verdict) => {
    expect(setbackOf({ ...held, ...heldOther }, { ...same, ...foundOther })).toBe(verdict);
  });
});
