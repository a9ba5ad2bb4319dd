import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Agent, Response } from 'supertest';
import { accountOfKey } from '../../src/modules/accounts/account-selector.ts';
import { expectSoundLedger } from '../ledger/expect-sound-ledger.ts';
import { startStudio, V1_SCOPES, type RunningStudio } from '../start-studio.ts';

interface Outcome {
  readonly status: number;
  readonly code?: string;
  readonly replayed?: boolean;
  readonly details?: Record<string, unknown>;
  readonly answer?: {
    readonly status: string;
    readonly entry: { readonly id: string; readonly seq: number; readonly delta: number; readonly reason: string };
    readonly shortfall: { readonly amount: number } | null;
  };
}

let studio: RunningStudio;
let second: RunningStudio;
/** A service that may do everything, at two replicas on one database. */
let service: Agent;
let serviceAtSecond: Agent;
let v1: Agent;
let operator: Agent;
let accounts = 0;
let keys = 0;

beforeAll(async () => {
  studio = await startStudio();
  second = await startStudio({ database: studio.database });
  const token = await studio.serviceToken({
    scopes: [...V1_SCOPES, 'credits:charge', 'credits:manage'],
    namespace: null,
  });
  service = studio.as(token);
  serviceAtSecond = second.as(token);
  v1 = studio.as(await studio.serviceToken());
  operator = studio.as(await studio.operator());
});
afterAll(async () => {
  await expectSoundLedger(studio.pool);
  await second.close();
  await studio.close();
});

async function account(mode: 'CREDIT' | 'POSTPAID' = 'CREDIT'): Promise<string> {
  const key = `v1:partner:${(accounts += 1)}`;
  await operator
    .post('/v1/operator/accounts')
    .send({ external_key: key, display_name: key, billing_mode: mode, reason: 'test' })
    .expect(201);
  return key;
}

const named = (fields: object): object => ({ idempotency_key: `k${(keys += 1)}`, ...fields });

async function batch(commands: object[], as: Agent = service): Promise<Outcome[]> {
  const { body } = await as.post('/v1/billing/credits/commands').send(commands).expect(200);
  return (body as { outcomes: Outcome[] }).outcomes;
}

async function one(command: object, as: Agent = service): Promise<Outcome> {
  const [outcome] = await batch([named(command)], as);
  if (!outcome) throw new Error('no outcome');
  return outcome;
}

async function funded(credits: number): Promise<string> {
  const key = await account();
  expect(await one({ operation: 'grant', external_key: key, amount: credits })).toMatchObject({ status: 201 });
  return key;
}

async function available(key: string): Promise<number> {
  const { body } = await service.get('/v1/billing/accounts/status').query({ external_key: key }).expect(200);
  return (body as { credit: { available: number } }).credit.available;
}

const reserve = (key: string, ref: string, amount: number): Promise<Response> =>
  service
    .post('/v1/billing/credits/reserve')
    .send(named({ external_key: key, ref_type: 'job', ref_id: ref, amount }))
    .expect(201);

describe('charge', () => {
  test('takes all or nothing; a refusal is 402 and stays one under its key after a top-up', async () => {
    const key = await funded(5);
    const charge = (fields: object): Promise<Response> =>
      service.post('/v1/billing/credits/charge').send({ external_key: key, ...fields });
    const { status, body } = await charge({ amount: '2.5', idempotency_key: 'a', ref_type: 'usage', ref_id: 'r1' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'POSTED', entry: { reason: 'CHARGE', delta: -2.5, balance_after: 2.5 } });
    const refused = await charge({ amount: 3, idempotency_key: 'b' });
    expect(refused.status).toBe(402);
    expect(refused.body).toMatchObject({ code: 'insufficient_credits', required: 3, available: 2.5, shortfall: 0.5 });
    await one({ operation: 'grant', external_key: key, amount: 10 });
    const again = await charge({ amount: 3, idempotency_key: 'b' });
    expect([again.status, again.headers['idempotent-replayed']]).toEqual([402, 'true']);
    expect((await charge({ amount: 3, idempotency_key: 'a' })).status).toBe(422);
    expect((await charge({ amount: 3, idempotency_key: 'c' })).status).toBe(201);
  });

  test('on a postpaid account nothing moves, and a token without the scope is 403', async () => {
    const key = await account('POSTPAID');
    const body = { external_key: key, amount: 1, idempotency_key: 'a' };
    expect((await service.post('/v1/billing/credits/charge').send(body)).body).toMatchObject({ status: 'IGNORED' });
    expect((await v1.post('/v1/billing/credits/charge').send(body)).status).toBe(403);
    expect(await one({ operation: 'charge', external_key: key, amount: 1 }, v1)).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
  });
});

test('a batch keeps the order of an account, also where some commands name it by its id', async () => {
  const key = await account();
  const { body } = await v1.get('/v1/billing/accounts/status').query({ external_key: key });
  await one({ operation: 'grant', external_key: key, amount: 5 });
  const byId = { account_id: (body as { account_id: string }).account_id };
  const work = { ref_type: 'job', ref_id: 'ordered' };
  const outcomes = await batch(
    [
      named({ operation: 'reserve', ...byId, ...work, amount: 5 }),
      named({ operation: 'release', external_key: key, ...work }),
      named({ operation: 'reserve', external_key: key, ...work, amount: 4 }),
      named({ operation: 'consume', ...byId, ...work }),
    ],
    // Bound to a namespace, so that an id has to be looked up.
    v1,
  );
  expect(outcomes.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  expect(await available(key)).toBe(1);
});

describe('a hold', () => {
  test('released in part goes on with the rest, and never gives back more than it holds', async () => {
    const key = await funded(10);
    await reserve(key, 'part', 8);
    const release = (amount: number): object => ({ external_key: key, ref_type: 'job', ref_id: 'part', amount });
    expect(await one({ operation: 'release', ...release(3) })).toMatchObject({
      status: 201,
      answer: { status: 'RELEASED', reservation: { status: 'ACTIVE', amount: 8, held_amount: 5 } },
    });
    expect(await available(key)).toBe(5);
    expect(await one({ operation: 'release', ...release(6) })).toMatchObject({
      status: 409,
      code: 'CREDIT_BALANCE_INVARIANT_FAILED',
    });
    expect(await one({ operation: 'consume', ...release(6) })).toMatchObject({
      status: 201,
      answer: { settled_amount: 6, reservation: { status: 'CONSUMED', held_amount: 0 } },
    });
    expect(await available(key)).toBe(4);
  });

  test('gets more time while it lives, once per key; an ended one is 409, an unknown one 404', async () => {
    const key = await funded(10);
    const { body: hold } = await reserve(key, 'extend', 1);
    const extend = (id: string, idempotency_key: string): Promise<Response> =>
      service
        .post(`/v1/billing/credits/reservations/${id}/extend`)
        .send({ external_key: key, expires_in_minutes: 10_000, idempotency_key });
    const first = await extend(hold.id, 'e1');
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ status: 'EXTENDED', entry: null, reservation: { id: hold.id } });
    expect(Date.parse(first.body.reservation.expires_at)).toBeGreaterThan(Date.parse(hold.expires_at));
    const again = await extend(hold.id, 'e1');
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotent-replayed']).toBe('true');
    await one({ operation: 'release', external_key: key, ref_type: 'job', ref_id: 'extend' });
    expect((await extend(hold.id, 'e2')).body.code).toBe('RESERVATION_ALREADY_RELEASED');
    expect((await extend('01900000-0000-7000-8000-000000000009', 'e3')).status).toBe(404);
    expect((await extend('nonsense', 'e4')).status).toBe(400);
  });
});

describe('commands that decide about credits', () => {
  test('what was bought is credited once, whatever the key; a clawback takes what is left and asks for the rest', async () => {
    const key = await account();
    const bought = { external_key: key, ref_type: 'payment_intent', ref_id: 'pi_1' };
    const purchase = { operation: 'purchase', ...bought, amount: 10 };
    const outcomes = await batch([named(purchase), named(purchase)]);
    expect(outcomes.map(({ status, code }) => [status, code])).toEqual([
      [201, undefined],
      [409, 'PURCHASE_ALREADY_CREDITED'],
    ]);
    await one({ operation: 'charge', external_key: key, amount: 4 });
    await reserve(key, 'held', 1);
    expect(await one({ operation: 'clawback', ...bought })).toMatchObject({
      status: 201,
      answer: { status: 'POSTED', entry: { reason: 'CLAWBACK', delta: -5 } },
    });
    expect(await available(key)).toBe(0);
    expect(await one({ operation: 'clawback', ...bought })).toMatchObject({ code: 'REVERSAL_EXCEEDS_ENTRY' });
    // What the hold keeps is taken when it ends.
    await one({ operation: 'release', external_key: key, ref_type: 'job', ref_id: 'held' });
    expect(await available(key)).toBe(0);
    const { rows } = await studio.pool.query(
      `SELECT amount_micro, status FROM shortfalls s JOIN accounts a USING (account_id) WHERE a.external_key = $1`,
      [key],
    );
    expect(rows).toEqual([{ amount_micro: '4000000', status: 'OPEN' }]);
    expect(await one({ operation: 'clawback', ...bought, ref_id: 'pi_2' })).toMatchObject({ status: 404 });
  });

  test('an adjustment works both ways, never below nothing; a reversal undoes one row once', async () => {
    const key = await funded(10);
    const down = await one({ operation: 'adjust', external_key: key, amount: -4, reason: 'counted twice' });
    expect(down).toMatchObject({ answer: { entry: { reason: 'ADJUSTMENT', delta: -4 } } });
    expect(
      await one({ operation: 'adjust', external_key: key, amount: '-6.000001', reason: 'too much' }),
    ).toMatchObject({ status: 409, code: 'INSUFFICIENT_CREDITS' });
    const { seq } = down.answer!.entry;
    const undo = (amount?: number): object => ({ operation: 'reverse', external_key: key, seq, amount });
    expect(await one(undo(3))).toMatchObject({ answer: { entry: { reason: 'REVERSAL', delta: 3 } } });
    expect(await one(undo(2))).toMatchObject({ status: 409, code: 'REVERSAL_EXCEEDS_ENTRY' });
    const last = await one(undo());
    expect(last).toMatchObject({ answer: { entry: { delta: 1 } } });
    expect(await one({ ...undo(), seq: last.answer!.entry.seq })).toMatchObject({ code: 'ENTRY_NOT_REVERSIBLE' });
    expect(await one({ ...undo(), seq: 999 })).toMatchObject({ status: 404, code: 'ledger_entry_not_found' });
    expect(await available(key)).toBe(10);
  });

  test('a row reversed by many at once is undone once', async () => {
    const key = await funded(10);
    const charged = await one({ operation: 'charge', external_key: key, amount: 7 });
    const undone = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        one(
          { operation: 'reverse', external_key: key, seq: charged.answer!.entry.seq },
          n % 2 === 0 ? service : serviceAtSecond,
        ),
      ),
    );
    expect(undone.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await available(key)).toBe(10);
  });

  test('V1’s token decides about nothing, and no token about an account outside its namespace', async () => {
    const key = await funded(10);
    for (const operation of ['grant', 'purchase', 'adjust', 'reverse', 'transfer', 'clawback']) {
      expect(await one({ operation, external_key: key, amount: 1 }, v1)).toMatchObject({ status: 403 });
    }
    const bound = studio.as(await studio.serviceToken({ scopes: ['credits:manage'], namespace: 'v2:' }));
    expect(await one({ operation: 'grant', external_key: key, amount: 1 }, bound)).toMatchObject({ status: 403 });
  });
});

describe('an account nobody knows yet', () => {
  test('is 404 by its id for a token bound to a namespace, and nothing is decided about it', async () => {
    const account_id = accountOfKey('v2:external:stranger', null).accountId;
    const body = { account_id, idempotency_key: 'stranger', ref_type: 'work', ref_id: '1', amount: 1 };
    const { status, body: problem } = await v1.post('/v1/billing/credits/reserve').send(body);
    expect([status, problem.code]).toEqual([404, 'account_not_enrolled']);
    const { rows } = await studio.pool.query('SELECT decision FROM funding_decisions WHERE account_id = $1', [
      account_id,
    ]);
    expect(rows).toEqual([]);
  });
});

describe('a transfer', () => {
  const transfer = (from: string, to: string, amount: number): object => ({
    operation: 'transfer',
    external_key: from,
    to_external_key: to,
    amount,
  });

  test('moves both accounts or none, and what it brings can be used by the next command of the batch', async () => {
    const [from, to] = [await funded(10), await account()];
    const outcomes = await batch([
      named({ operation: 'charge', external_key: to, amount: 6 }),
      named(transfer(from, to, 6)),
      named({ operation: 'charge', external_key: to, amount: 6 }),
      named(transfer(from, to, 5)),
      named(transfer(from, 'v1:partner:999999', 1)),
      named(transfer(from, from, 1)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([402, 201, 201, 409, 404, 400]);
    expect([await available(from), await available(to)]).toEqual([4, 0]);
  });

  test('comes before what the batch asks of its receiver later, however much else the batch holds', async () => {
    const [from, to] = [await funded(500), await account()];
    const outcomes = await batch([
      ...Array.from({ length: 300 }, () => named({ operation: 'charge', external_key: from, amount: 1 })),
      named(transfer(from, to, 200)),
      named({ operation: 'charge', external_key: to, amount: 200 }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(Array<number>(302).fill(201));
  });

  test('of the last credits to many at once, from two replicas, arrives once', async () => {
    const from = await funded(10);
    const receivers = await Promise.all(Array.from({ length: 6 }, () => account()));
    const outcomes = await Promise.all(
      receivers.map((to, n) => one(transfer(from, to, 10), n % 2 === 0 ? service : serviceAtSecond)),
    );
    expect(outcomes.filter(({ status }) => status === 201)).toHaveLength(1);
    const figures = await Promise.all(receivers.map((to) => available(to)));
    expect(figures.reduce((sum, figure) => sum + figure, 0)).toBe(10);
    expect(await available(from)).toBe(0);
  });

  test('both ways at once, from two replicas, never deadlocks and loses nothing', async () => {
    const [one_, other] = [await funded(50), await funded(50)];
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        one(n % 2 === 0 ? transfer(one_, other, 1) : transfer(other, one_, 1), n % 4 < 2 ? service : serviceAtSecond),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(Array<number>(40).fill(201));
    expect((await available(one_)) + (await available(other))).toBe(100);
  });
});
