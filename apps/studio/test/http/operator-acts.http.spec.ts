import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseCredits } from '@tandem/contracts';
import type { Agent, Response } from 'supertest';
import { accountOfKey } from '../../src/modules/accounts/account-selector.ts';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
let v1: Agent;
let admin: Agent;
let operator: Agent;
let viewer: Agent;
let nextId = 1;
let nextKey = 1;

const path = (key: string, act: string): string => `/v1/operator/accounts/${key}/${act}`;

async function enrol(grant = 0): Promise<string> {
  const external_key = `v1:partner:${(nextId += 1)}`;
  const fields = { external_key, display_name: external_key, billing_mode: 'CREDIT', reason: 'test' };
  await operator.post('/v1/operator/accounts').send(fields).expect(201);
  if (grant > 0) await act(operator, external_key, 'grants', { amount: grant }).expect(201);
  return external_key;
}

/** An act with a reason and a key of its own, unless the fields bring theirs. */
function act(who: Agent, key: string, name: string, fields: object = {}) {
  const idempotency_key = `key-${(nextKey += 1)}`;
  return who.post(path(key, name)).send({ reason: 'test', idempotency_key, ...fields });
}

async function hold(key: string, amount = 4): Promise<string> {
  const idempotency_key = `hold-${(nextKey += 1)}`;
  const body = { external_key: key, ref_type: 'job', ref_id: idempotency_key, amount, idempotency_key };
  return (await v1.post('/v1/billing/credits/reserve').send(body).expect(201)).body.id as string;
}

/** A purchase, as the module that sells credits makes it. */
async function buy(key: string, credits: number, refId: string): Promise<void> {
  const outcome = await studio.app.get(CreditLedger).apply({
    accountId: accountOfKey(key, null).accountId,
    operation: 'purchase',
    client: 'test',
    idempotencyKey: refId,
    amount: parseCredits(credits),
    refType: 'purchase',
    refId,
  });
  expect(outcome.outcome).toBe('POSTED');
}

async function credit(key: string): Promise<{ wallet: number; reserved: number; available: number }> {
  return (await operator.get(`/v1/operator/accounts/${key}`).expect(200)).body.credit;
}

const outcome = ({ status, body }: Response): unknown[] => [status, body.code ?? body.status];

beforeAll(async () => {
  studio = await startStudio();
  v1 = studio.as(await studio.serviceToken());
  admin = studio.as(await studio.operator('admin'));
  operator = studio.as(await studio.operator());
  viewer = studio.as(await studio.operator('viewer'));
});
afterAll(() => studio.close());

describe('grants', () => {
  test('201 for an operator, with the operator and the reason in the row', async () => {
    const key = await enrol();
    const answer = await act(operator, key, 'grants', { amount: '2.5', reason: 'opening' });
    expect([answer.status, answer.body]).toEqual([
      201,
      expect.objectContaining({ delta: 2.5, balance_after: 2.5, receipt: expect.anything() }),
    ]);
    expect(answer.body.metadata_json).toMatchObject({ acting_user: 'operator-2@studio.test', reason: 'opening' });
  });

  test('the lot has the kind, place and end that were asked for', async () => {
    const key = await enrol();
    const lot = { kind: 'purchased', priority: 7, expires_at: '2126-01-01T00:00:00+05:30' };
    await act(operator, key, 'grants', { amount: 3, ...lot }).expect(201);
    const { rows } = await studio.pool.query(
      'SELECT kind, priority, l.expires_at, amount_micro FROM lots l JOIN accounts USING (account_id) WHERE external_key = $1',
      [key],
    );
    expect(rows).toEqual([
      { kind: 'purchased', priority: 7, expires_at: new Date('2125-12-31T18:30:00Z'), amount_micro: '3000000' },
    ]);
  });

  test('400 for a bad lot, and for a reason that is blank', async () => {
    const key = await enrol();
    const wrong = [
      { amount: 0 },
      { amount: -1 },
      { amount: 1, kind: 'gift' },
      { amount: 1, priority: -1 },
      { amount: 1, priority: 1.5 },
      { amount: 1, expires_at: 'tomorrow' },
      { amount: 1, expires_at: '2027-01-01' },
      { amount: 1, expires_at: '2020-01-01T00:00:00Z' },
      { amount: 1, reason: ' \t ' },
      { amount: 1, actor: 'somebody@else.test' },
    ];
    for (const fields of wrong) expect((await act(operator, key, 'grants', fields)).status).toBe(400);
    expect(await credit(key)).toMatchObject({ wallet: 0 });
  });
});

describe('holds', () => {
  test('an operator gives a hold back, once per key', async () => {
    const key = await enrol(10);
    const id = await hold(key);
    const body = { idempotency_key: 'release-1' };
    const released = await act(operator, key, `reservations/${id}/release`, body);
    expect(outcome(released)).toEqual([201, 'POSTED']);
    expect(released.body.reservation).toMatchObject({ id, status: 'RELEASED' });
    expect(await credit(key)).toEqual({ wallet: 10, reserved: 0, available: 10 });
    const again = await act(operator, key, `reservations/${id}/release`, body);
    expect([again.status, again.headers['idempotent-replayed']]).toEqual([201, 'true']);
    expect(again.body.entry).toEqual(released.body.entry);
    expect(outcome(await act(operator, key, `reservations/${id}/release`))).toEqual([
      409,
      'RESERVATION_ALREADY_RELEASED',
    ]);
  });

  test('an operator charges a hold in part; the rest is free again', async () => {
    const key = await enrol(10);
    const consumed = await act(operator, key, `reservations/${await hold(key)}/consume`, { amount: 1.5 });
    expect(outcome(consumed)).toEqual([201, 'POSTED']);
    expect(consumed.body.entry).toMatchObject({ delta: -1.5 });
    expect(await credit(key)).toEqual({ wallet: 8.5, reserved: 0, available: 8.5 });
  });

  test('an operator gives a hold more time', async () => {
    const key = await enrol(10);
    const id = await hold(key);
    const body = { expires_in_minutes: 10_000, idempotency_key: 'extend-1' };
    const extended = await act(operator, key, `reservations/${id}/extend`, body);
    expect(outcome(extended)).toEqual([201, 'EXTENDED']);
    const again = await act(operator, key, `reservations/${id}/extend`, body);
    expect([again.status, again.body.reservation.expires_at]).toEqual([201, extended.body.reservation.expires_at]);
    const left = new Date(extended.body.reservation.expires_at as string).getTime() - Date.now();
    expect(Math.round(left / 60_000)).toBe(10_000);
  });

  test('404 for a hold nobody made and for one of another account; 400 for an id that is none', async () => {
    const [key, other] = [await enrol(10), await enrol(10)];
    const id = await hold(other);
    const missing = '01900000-0000-7000-8000-000000000001';
    expect(outcome(await act(operator, key, `reservations/${missing}/release`))).toEqual([
      404,
      'reservation_not_found',
    ]);
    expect(outcome(await act(operator, key, `reservations/${id}/release`))).toEqual([404, 'reservation_not_found']);
    expect((await act(operator, key, 'reservations/none/release')).status).toBe(400);
  });
});

describe('adjustments', () => {
  test('give and take, under their key, never more than is there', async () => {
    const key = await enrol(10);
    const taken = await act(admin, key, 'adjustments', { amount: '-2.5', idempotency_key: 'adjust-1' });
    expect([taken.status, taken.body.entry.reason, taken.body.entry.delta]).toEqual([201, 'ADJUSTMENT', -2.5]);
    await act(admin, key, 'adjustments', { amount: -2.5, idempotency_key: 'adjust-1' }).expect(201);
    await act(admin, key, 'adjustments', { amount: 1 }).expect(201);
    expect(await credit(key)).toMatchObject({ wallet: 8.5 });
    const refused = await act(admin, key, 'adjustments', { amount: -9 });
    expect([...outcome(refused), refused.body.available]).toEqual([409, 'INSUFFICIENT_CREDITS', 8.5]);
  });

  test('400 for zero, for more than 6 decimals and for what is no amount', async () => {
    const key = await enrol();
    for (const amount of [0, '-0', '1.0000001', '--1', '+1', '1e3', null, 'ten']) {
      expect((await act(admin, key, 'adjustments', { amount })).status).toBe(400);
    }
  });
});

describe('reversals', () => {
  test('undo a movement in parts and never more than it moved', async () => {
    const key = await enrol();
    const granted = await act(operator, key, 'grants', { amount: 10 }).expect(201);
    const seq = granted.body.seq as number;
    const part = await act(admin, key, 'reversals', { seq, amount: 4 });
    expect([part.status, part.body.entry.reason, part.body.entry.delta]).toEqual([201, 'REVERSAL', -4]);
    expect(outcome(await act(admin, key, 'reversals', { seq, amount: 7 }))).toEqual([409, 'REVERSAL_EXCEEDS_ENTRY']);
    expect((await act(admin, key, 'reversals', { seq })).body.entry.delta).toBe(-6);
    expect(await credit(key)).toMatchObject({ wallet: 0 });
    const reversal = { seq: part.body.entry.seq as number };
    expect(outcome(await act(admin, key, 'reversals', reversal))).toEqual([409, 'ENTRY_NOT_REVERSIBLE']);
  });

  test('404 for a place the account has not reached; 400 for what is no place', async () => {
    const key = await enrol(10);
    expect(outcome(await act(admin, key, 'reversals', { seq: 2 }))).toEqual([404, 'ledger_entry_not_found']);
    for (const seq of [0, -1, 1.5, '1', 2 ** 53, undefined]) {
      expect((await act(admin, key, 'reversals', { seq })).status).toBe(400);
    }
  });
});

describe('transfers', () => {
  test('move credits once, and all of them or none', async () => {
    const [from, to] = [await enrol(10), await enrol()];
    const body = { to_external_key: to, amount: 4, idempotency_key: 'transfer-1' };
    const moved = await act(admin, from, 'transfers', body);
    expect([moved.status, moved.body.entry.reason, moved.body.entry.delta]).toEqual([201, 'TRANSFER_OUT', -4]);
    await act(admin, from, 'transfers', body).expect(201);
    expect([(await credit(from)).wallet, (await credit(to)).wallet]).toEqual([6, 4]);
    const refused = await act(admin, from, 'transfers', { to_external_key: to, amount: 7 });
    expect(outcome(refused)).toEqual([409, 'INSUFFICIENT_CREDITS']);
    expect([(await credit(from)).wallet, (await credit(to)).wallet]).toEqual([6, 4]);
  });

  test('400 to the account itself; 404 to one nobody enrolled', async () => {
    const key = await enrol(10);
    expect((await act(admin, key, 'transfers', { to_external_key: key, amount: 1 })).status).toBe(400);
    const unknown = await act(admin, key, 'transfers', { to_external_key: 'v1:partner:424242', amount: 1 });
    expect(outcome(unknown)).toEqual([404, 'account_not_enrolled']);
  });
});

describe('clawbacks', () => {
  test('take what is left of a purchase; what was spent is a shortfall, which can be paid from the wallet later', async () => {
    const key = await enrol();
    await buy(key, 10, 'order-1');
    await act(operator, key, `reservations/${await hold(key, 4)}/consume`).expect(201);
    const taken = await act(admin, key, 'clawbacks', { ref_type: 'purchase', ref_id: 'order-1' });
    expect([taken.status, taken.body.entry.reason, taken.body.entry.delta]).toEqual([201, 'CLAWBACK', -6]);
    expect(await credit(key)).toMatchObject({ wallet: 0 });
    const { body } = await viewer.get('/v1/operator/shortfalls').query({ external_key: key }).expect(200);
    expect(body.items).toEqual([expect.objectContaining({ external_key: key, amount: 4, status: 'OPEN' })]);
    const recover = (fields: object = {}) => act(operator, key, `shortfalls/${body.items[0].id}/recover`, fields);
    expect(outcome(await recover())).toEqual([409, 'INSUFFICIENT_CREDITS']);
    await act(operator, key, 'grants', { amount: 5 }).expect(201);
    const paid = await recover();
    expect([paid.status, paid.body.entry.reason, paid.body.entry.delta]).toEqual([201, 'RECOVERY', -4]);
    expect(outcome(await recover())).toEqual([409, 'shortfall_not_open']);
  });

  test('404 for what was never bought', async () => {
    const key = await enrol(5);
    const answer = await act(admin, key, 'clawbacks', { ref_type: 'purchase', ref_id: 'never' });
    expect(outcome(answer)).toEqual([404, 'purchase_not_found']);
  });
});

describe('who may do what', () => {
  const uuid = '01900000-0000-7000-8000-000000000001';
  const everyday = [
    ['grants', { amount: 1 }],
    [`reservations/${uuid}/release`, {}],
    [`reservations/${uuid}/consume`, {}],
    [`reservations/${uuid}/extend`, { expires_in_minutes: 60 }],
    [`shortfalls/${uuid}/recover`, {}],
  ] as const;
  const administrative = [
    ['adjustments', { amount: 1 }],
    ['reversals', { seq: 1 }],
    ['transfers', { to_external_key: 'v1:partner:1', amount: 1 }],
    ['clawbacks', { ref_type: 'purchase', ref_id: '1' }],
    ['overdraft-limit', { overdraft_limit: 1, idempotency_key: undefined }],
  ] as const;
  const unknown = 'v1:partner:999999';

  test.each(everyday)('%s: operators and administrators, nobody else', async (name, fields) => {
    for (const who of [operator, admin]) {
      expect(outcome(await act(who, unknown, name, fields))).toEqual([404, 'account_not_enrolled']);
    }
    for (const who of [viewer, v1]) expect(outcome(await act(who, unknown, name, fields))).toEqual([403, 'forbidden']);
    expect((await act(studio.as({}), unknown, name, fields)).status).toBe(401);
  });

  test.each(administrative)('%s: administrators only', async (name, fields) => {
    expect((await act(admin, unknown, name, fields)).status).toBe(404);
    for (const who of [operator, viewer, v1]) {
      expect(outcome(await act(who, unknown, name, fields))).toEqual([403, 'forbidden']);
    }
    expect((await act(studio.as({}), unknown, name, fields)).status).toBe(401);
  });

  test.each([...everyday, ...administrative])(
    '%s: 400 without a reason, and with a blank one',
    async (name, fields) => {
      const key = await enrol();
      for (const reason of [undefined, '', '   ']) {
        expect((await act(admin, key, name, { ...fields, reason })).status).toBe(400);
      }
    },
  );
});

describe('overdraft-limit', () => {
  test('lets a wallet go below zero up to the limit, and keeps which limit held from which movement on', async () => {
    const key = await enrol(2);
    const set = await act(admin, key, 'overdraft-limit', { overdraft_limit: '5', idempotency_key: undefined });
    expect([set.status, set.body.overdraft_limit, set.body.version]).toEqual([200, 5, 2]);
    const id = await hold(key, 6);
    await act(operator, key, `reservations/${id}/consume`).expect(201);
    expect(await credit(key)).toMatchObject({ wallet: -4, available: -4 });
    const { rows } = await studio.pool.query(
      'SELECT l.version, from_seq, limit_micro FROM overdraft_limits l JOIN accounts a USING (account_id) WHERE external_key = $1',
      [key],
    );
    expect(rows).toEqual([{ version: 2, from_seq: '2', limit_micro: '5000000' }]);
  });

  test('409 below what is in use and the limit stays; a lower one that fits is set', async () => {
    const key = await enrol(2);
    const limit = (overdraft_limit: number) =>
      act(admin, key, 'overdraft-limit', { overdraft_limit, idempotency_key: undefined });
    await limit(5).expect(200);
    await hold(key, 6);
    expect(outcome(await limit(3.999999))).toEqual([409, 'overdraft_in_use']);
    expect((await operator.get(`/v1/operator/accounts/${key}`)).body).toMatchObject({ overdraft_limit: 5, version: 2 });
    expect((await limit(4)).body).toMatchObject({ overdraft_limit: 4, version: 3 });
    expect((await limit(4)).body).toMatchObject({ version: 3 });
  });

  test('the past is judged by the limit of its time: a limit ended after it was used breaks no rule', async () => {
    const key = await enrol(2);
    const limit = (overdraft_limit: number) =>
      act(admin, key, 'overdraft-limit', { overdraft_limit, idempotency_key: undefined });
    const l6 = async () =>
      (await viewer.get('/v1/invariants').expect(200)).body.invariants.find(
        ({ name }: { name: string }) => name === 'L6',
      );
    await limit(5).expect(200);
    await act(operator, key, `reservations/${await hold(key, 6)}/consume`).expect(201);
    await act(operator, key, 'grants', { amount: 10 }).expect(201);
    await limit(0).expect(200);
    expect(await l6()).toMatchObject({ ok: true });
    // Had the limit never been there, the same rows would break the rule.
    const client = await studio.pool.connect();
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    await client.query('UPDATE overdraft_limits SET limit_micro = 1 WHERE limit_micro = 5000000');
    await client.query('COMMIT');
    client.release();
    expect((await l6()).ok).toBe(false);
    await expect(studio.pool.query('UPDATE overdraft_limits SET limit_micro = 1')).rejects.toMatchObject({
      code: '42501',
    });
  });

  test('409 stale_version for a limit based on something older', async () => {
    const key = await enrol();
    const stale = await act(admin, key, 'overdraft-limit', {
      overdraft_limit: 1,
      version: 7,
      idempotency_key: undefined,
    });
    expect(outcome(stale)).toEqual([409, 'stale_version']);
  });
});
