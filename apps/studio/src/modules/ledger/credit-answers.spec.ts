import { describe, expect, test } from '@jest/globals';
import { DomainError } from '@tandem/platform/errors';
import type { StudioConfig } from '../../config/config.ts';
import { answerMovement, answerReserve, answerSettlement } from './credit-answers.ts';
import type { CommandOutcome, CreditCommand } from './credit-command.ts';
import { CreditLedger } from './credit-ledger.ts';
import {
  toLedgerRow,
  toReservationRow,
  toShortfallRow,
  type LedgerSqlRow,
  type ReservationSqlRow,
  type ShortfallSqlRow,
} from './credits.convert.ts';

// A receipt is read from memory: without lanes the ledger needs no database.
const ledger = new CreditLedger(undefined as never, { lanes: 0 } as StudioConfig);
const receipt = ledger.receipt('a', 7);

const command: CreditCommand = { accountId: 'a', operation: 'consume', client: 'v1', idempotencyKey: 'k' };
const at = '2026-01-01T00:00:00.000Z';
const work = { account_id: 'a', ref_type: 'request', ref_id: '42', acceptance: 2, created_at: at };

const reservation: ReservationSqlRow = {
  ...work,
  reservation_id: 'r',
  amount_micro: '2000000',
  held_micro: '2000000',
  status: 'ACTIVE',
  idempotency_key: 'k',
  expires_at: at,
  resolved_at: null,
};
const entry: LedgerSqlRow = {
  ...work,
  seq: '7',
  entry_id: 'e',
  kind: 'CONSUME',
  balance_delta_micro: '-2000000',
  reserved_delta_micro: '-2000000',
  balance_after_micro: '0',
  reserved_after_micro: '0',
  reservation_id: 'r',
  client: 'v1',
  idempotency_key: 'k',
  actor: null,
  reason: null,
  effective_at: at,
};
const shortfall: ShortfallSqlRow = { ...work, shortfall_id: 's', amount_micro: '2000000', status: 'OPEN' };

const posted: CommandOutcome = { outcome: 'POSTED', seq: 7, entry, reservation, settled_micro: '1500000' };
const ignored: CommandOutcome = {
  outcome: 'IGNORED',
  seq: 7,
  unposted: { details: {}, ref_type: 'request', ref_id: '42', acceptance: 2, created_at: at },
};

/** The error an answer throws. */
function thrown(answer: () => unknown): unknown {
  try {
    answer();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe.each([
  ['a reserve', answerReserve],
  ['a settlement', answerSettlement],
  ['any other command', answerMovement],
])('the answer to %s', (_name, answer) => {
  test('tells whether it was given before', () => {
    expect(answer(ledger, command, { ...posted, replayed: true }).replayed).toBe(true);
    expect(answer(ledger, command, { ...posted, replayed: false }).replayed).toBe(false);
    expect(answer(ledger, command, posted).replayed).toBe(false);
    expect(answer(ledger, command, { ...ignored, replayed: true }).replayed).toBe(true);
  });

  test('of an account that does not pay in credits is a success that names the work and moved nothing', () => {
    expect(answer(ledger, command, ignored)).toEqual({
      answer: {
        status: 'IGNORED',
        reason: 'BILLING_MODE_NOT_CREDIT',
        account_id: 'a',
        ref_type: 'request',
        ref_id: '42',
        acceptance: 2,
        idempotency_key: 'k',
        created_at: at,
        receipt,
      },
      replayed: false,
    });
  });

  test('of such an account says nothing where the command named no work', () => {
    const nameless = { ...ignored.unposted!, ref_type: null, ref_id: null, acceptance: null };
    expect(answer(ledger, command, { ...ignored, unposted: nameless }).answer).toMatchObject({
      ref_type: '',
      ref_id: '',
      acceptance: 1,
    });
  });

  test('is an error when what was stored is not there', () => {
    expect(() => answer(ledger, command, { outcome: 'IGNORED', seq: 7 })).toThrow('no stored outcome');
  });

  test('is a refusal with a receipt when it was stored, without one when the key may be tried again', () => {
    const refusal = { seq: 7, code: 'INSUFFICIENT_CREDITS' } as const;
    const stored = thrown(() => answer(ledger, command, { ...refusal, outcome: 'REFUSED' }));
    expect(stored).toBeInstanceOf(DomainError);
    expect(stored).toMatchObject({ code: 'INSUFFICIENT_CREDITS', details: { receipt } });
    const rejected = thrown(() => answer(ledger, command, { ...refusal, outcome: 'REJECTED' }));
    expect(rejected).toHaveProperty('details', {});
  });

  test('is an error for what only the sweeper is told', () => {
    expect(() => answer(ledger, command, { outcome: 'SWEPT' })).toThrow('The ledger answered SWEPT');
  });
});

test('a reserve answers its hold and the receipt', () => {
  expect(answerReserve(ledger, command, posted).answer).toEqual({ ...toReservationRow(reservation), receipt });
});

test('a reserve that is posted without a hold, or not posted, is no success', () => {
  expect(() => answerReserve(ledger, command, { ...posted, reservation: null })).toThrow('The ledger answered POSTED');
  expect(() => answerReserve(ledger, command, { ...posted, outcome: 'PENDING' })).toThrow('PENDING');
});

describe('a settlement', () => {
  test('answers its movement, what was settled, its hold and the receipt', () => {
    expect(answerSettlement(ledger, command, posted).answer).toEqual({
      ...toLedgerRow(entry),
      status: 'CONSUMED',
      settled_amount: 1.5,
      reservation: toReservationRow(reservation),
      shortfall: null,
      receipt,
    });
    expect(answerSettlement(ledger, { ...command, operation: 'release' }, posted).answer.status).toBe('RELEASED');
  });

  test('that was not covered answers its shortfall; where nothing moved there is no movement and nothing settled', () => {
    expect(answerSettlement(ledger, command, { outcome: 'SHORTFALL', seq: 7, shortfall }).answer).toEqual({
      status: 'SHORTFALL',
      settled_amount: 0,
      reservation: null,
      shortfall: toShortfallRow(shortfall),
      receipt,
    });
  });
});

describe('any other command', () => {
  test.each(['POSTED', 'SHORTFALL', 'EXTENDED', 'PENDING'] as const)('answers %s as its status', (outcome) => {
    expect(answerMovement(ledger, command, { outcome, seq: 7 }).answer).toEqual({
      status: outcome,
      entry: null,
      reservation: null,
      shortfall: null,
      receipt,
    });
  });

  test('answers all it changed', () => {
    expect(answerMovement(ledger, command, { ...posted, shortfall }).answer).toMatchObject({
      entry: toLedgerRow(entry),
      reservation: toReservationRow(reservation),
      shortfall: toShortfallRow(shortfall),
    });
  });
});
