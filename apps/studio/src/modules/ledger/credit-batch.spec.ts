import { describe, expect, test } from '@jest/globals';
import { fromMicroCredits } from '@tandem/contracts';
import pg from 'pg';
import { CreditBatch, type CreditBatchRow } from './credit-batch.ts';
import { digestOf, type CommandOutcome, type CreditCommand } from './credit-command.ts';

const readArray = pg.types.getTypeParser(1009 as never) as (literal: string) => (string | null)[];

/** Parameters of `apply_credit_batch`, in the order of its signature. */
const COLUMNS = [
  ...['account_ids', 'totals', 'counts', 'account', 'position', 'ordinal', 'sum', 'client', 'key', 'digest', 'amount'],
  ...['ref_type', 'ref_id', 'acceptance', 'expires_in_minutes', 'actor', 'reason', 'entry_id', 'reservation_id'],
];

let numbered = 0;
function command(accountId: string, own: Partial<CreditCommand> = {}): CreditCommand {
  numbered += 1;
  return {
    accountId,
    operation: 'reserve',
    client: 'v1',
    idempotencyKey: `key${numbered}`,
    amount: fromMicroCredits(2_000_000n),
    refType: 'request',
    refId: `ref${numbered}`,
    expiresInMinutes: 15,
    ...own,
  };
}

/** What one batch sends: the arrays by name, and the rows for the fold. */
function sent(batch: CreditBatch) {
  const { values = [] } = batch.query();
  const texts = values as (string | null)[];
  const columns = Object.fromEntries(COLUMNS.map((name, index) => [name, readArray(texts[index]!)]));
  const fold = texts[COLUMNS.length] ?? null;
  return { columns, parameters: values.length, fold, rows: JSON.parse(fold ?? '[]') as Record<string, unknown>[] };
}

const keys = (batch: CreditBatch) => ({
  set: sent(batch).columns.key,
  fold: sent(batch).rows.map((row) => row.idempotency_key),
});

describe('what goes set by set', () => {
  test('reserves go as arrays, account by account, with the running sum each of them would hold', () => {
    const first = command('a', { amount: fromMicroCredits(3n), acceptance: 2, actor: 'ann', reason: 'because' });
    const second = command('b', { amount: fromMicroCredits(5n) });
    const third = command('a', { amount: fromMicroCredits(4n), client: 'other', expiresInMinutes: 20 });
    const { columns, fold, parameters } = sent(new CreditBatch([first, second, third]));
    expect(columns).toEqual({
      account_ids: ['a', 'b'],
      totals: ['7', '5'],
      counts: ['2', '1'],
      account: ['1', '1', '2'],
      position: ['0', '2', '1'],
      ordinal: ['1', '2', '1'],
      sum: ['3', '7', '5'],
      client: ['v1', 'other', 'v1'],
      key: [first, third, second].map((one) => one.idempotencyKey),
      digest: [first, third, second].map(digestOf),
      amount: ['3', '4', '5'],
      ref_type: ['request', 'request', 'request'],
      ref_id: [first, third, second].map((one) => one.refId),
      acceptance: ['2', null, null],
      expires_in_minutes: ['15', '20', '15'],
      actor: ['ann', null, null],
      reason: ['because', null, null],
      entry_id: expect.any(Array),
      reservation_id: expect.any(Array),
    });
    expect(new Set([...columns.entry_id!, ...columns.reservation_id!]).size).toBe(6);
    expect(fold).toBeNull();
    expect(parameters).toBe(20);
  });

  test('one prepared statement serves every batch', () => {
    const query = new CreditBatch([command('a')]).query();
    expect(query.name).toBe('apply_credit_batch');
    expect(query.text).toContain(`apply_credit_batch(${query.values!.map((_, index) => `$${index + 1}`).join(', ')})`);
  });

  test('an account with anything but reserves goes to the fold, whole and in its order', () => {
    const commands = [command('a'), command('b'), command('a', { operation: 'consume' })];
    expect(keys(new CreditBatch(commands))).toEqual({
      set: [commands[1]!.idempotencyKey],
      fold: [commands[0]!.idempotencyKey, commands[2]!.idempotencyKey],
    });
  });

  test.each([
    ['the same key', { idempotencyKey: 'same' }],
    ['the same work', { refId: 'same' }],
  ])('two reserves under %s are decided one after the other', (_name, both) => {
    const { set, fold } = keys(new CreditBatch([command('a', both), command('a', both)]));
    expect([set!.length, fold.length]).toEqual([0, 2]);
  });

  test.each([
    ['one key of two clients', { idempotencyKey: 'same' }, { client: 'other' }],
    ['one id of two kinds of work', { refId: 'same' }, { refType: 'other' }],
  ])('two reserves under %s are two', (_name, both, difference) => {
    const { set, fold } = keys(new CreditBatch([command('a', both), command('a', { ...both, ...difference })]));
    expect([set!.length, fold.length]).toEqual([2, 0]);
  });

  test('the account a transfer of the batch goes to is folded: what arrives may decide its reserve', () => {
    const reserve = command('b');
    const transfer = command('a', { operation: 'transfer', toAccountId: 'b' });
    expect(keys(new CreditBatch([reserve, transfer])).fold).toEqual([reserve.idempotencyKey, transfer.idempotencyKey]);
    expect(keys(new CreditBatch([command('c'), transfer])).set).toHaveLength(1);
  });

  test('everything is folded on demand', () => {
    expect(sent(new CreditBatch([command('a'), command('b')], false)).rows).toHaveLength(2);
  });
});

test('the fold is told everything the command says', () => {
  const full = command('a', {
    operation: 'charge',
    acceptance: 3,
    reservationId: 'r',
    settleWithoutHold: true,
    lotKind: 'purchased',
    lotPriority: 7,
    lotExpiresAt: new Date('2026-12-31T00:00:00Z'),
    reversesSeq: 9,
    toAccountId: 'b',
    shortfallId: 's',
    actor: 'ann',
    reason: 'because',
  });
  const [row] = sent(new CreditBatch([full])).rows;
  expect(row).toEqual({
    position: 0,
    account_id: 'a',
    operation: 'charge',
    client: 'v1',
    idempotency_key: full.idempotencyKey,
    request_digest: digestOf(full),
    amount_micro: '2000000',
    ref_type: 'request',
    ref_id: full.refId,
    acceptance: 3,
    reservation_id: 'r',
    expires_in_minutes: 15,
    settle_without_hold: true,
    lot_kind: 'purchased',
    lot_priority: 7,
    lot_expires_at: '2026-12-31T00:00:00.000Z',
    reverses_seq: 9,
    to_account_id: 'b',
    shortfall_id: 's',
    actor: 'ann',
    reason: 'because',
    new_id: expect.any(String),
    new_reservation_id: expect.any(String),
  });
  expect(row!.new_id).not.toBe(row!.new_reservation_id);
});

test('the fold takes a command that names no amount', () => {
  const [row] = sent(new CreditBatch([command('a', { operation: 'release', amount: undefined })])).rows;
  expect(row).not.toHaveProperty('amount_micro');
});

describe('what comes back', () => {
  const heldAt = '2026-01-02T03:04:05.678Z';
  const held = (position: number): CreditBatchRow =>
    [String(position), null, ...['8', '2026-01-02 03:04:05.678901+00', '100', '30']] as never;

  test('outcomes are in the order of the commands, whatever order the database answers in', () => {
    const outcomes: CommandOutcome[] = [{ outcome: 'POSTED' }, { outcome: 'REFUSED' }];
    const rows = [1, 0].map((index): CreditBatchRow => [
      String(index),
      JSON.stringify(outcomes[index]),
      ...([null, null, null, null] as const),
    ]);
    expect(new CreditBatch([command('a'), command('b')]).outcomes(rows)).toEqual(outcomes);
  });

  test('a hold written set by set answers the movement and the hold with the ids that were sent', () => {
    const one = command('a', { acceptance: 4, actor: 'ann', reason: 'because' });
    const batch = new CreditBatch([one]);
    const { columns } = sent(batch);
    const [entryId, reservationId] = [columns.entry_id![0], columns.reservation_id![0]];
    const work = { ref_type: 'request', ref_id: one.refId, acceptance: 4, idempotency_key: one.idempotencyKey };
    expect(batch.outcomes([held(0)])).toEqual([
      {
        outcome: 'POSTED',
        replayed: false,
        seq: 8,
        entry: {
          ...work,
          account_id: 'a',
          seq: '8',
          entry_id: entryId,
          kind: 'RESERVE',
          balance_delta_micro: '0',
          reserved_delta_micro: '2000000',
          balance_after_micro: '100',
          reserved_after_micro: '30',
          reservation_id: reservationId,
          client: 'v1',
          actor: 'ann',
          reason: 'because',
          effective_at: heldAt,
          created_at: heldAt,
        },
        reservation: {
          ...work,
          account_id: 'a',
          reservation_id: reservationId,
          amount_micro: '2000000',
          held_micro: '2000000',
          status: 'ACTIVE',
          created_at: heldAt,
          expires_at: '2026-01-02T03:19:05.678Z',
          resolved_at: null,
        },
      },
    ]);
  });

  test('what a reserve did not say: acceptance 1, nobody, no reason', () => {
    const [outcome] = new CreditBatch([command('a')]).outcomes([held(0)]);
    expect(outcome).toMatchObject({
      entry: { acceptance: 1, actor: null, reason: null },
      reservation: { acceptance: 1 },
    });
  });

  test('each hold has the times of its own row and its own command', () => {
    const minutes = [15, 20, 15, 15];
    const batch = new CreditBatch(minutes.map((expiresInMinutes, n) => command(`a${n}`, { expiresInMinutes })));
    const rows = minutes.map((_, n) => held(n).with(3, n < 3 ? '2026-01-02 03:04:05+00' : '2026-01-02 03:05:05+00'));
    const times = batch.outcomes(rows as never).map(({ reservation }) => reservation!.expires_at);
    expect(times.map((time) => String(time).slice(11, 19))).toEqual(['03:19:05', '03:24:05', '03:19:05', '03:20:05']);
  });

  test.each([
    ['place', 2],
    ['time', 3],
    ['balance', 4],
    ['reserved credits', 5],
  ])('a hold without its %s is no answer', (_name, index) => {
    const batch = new CreditBatch([command('a')]);
    expect(() => batch.outcomes([held(0).with(index, null) as never])).toThrow('a hold came back torn');
  });

  test.each(['amount', 'refType', 'refId'])('a hold for a reserve without %s is no answer', (field) => {
    const batch = new CreditBatch([command('a', { [field]: undefined })]);
    expect(() => batch.outcomes([held(0)])).toThrow('a reserve was sent torn');
  });

  test('an answer to a command nobody sent is an error', () => {
    const batch = new CreditBatch([command('a')]);
    expect(() => batch.outcomes([held(1)])).toThrow('answered a command 1 nobody sent');
  });
});
