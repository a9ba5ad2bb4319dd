import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Agent, Response } from 'supertest';
import { ExpireHolds } from '../../src/modules/ledger/expire-holds.ts';
import { expectSoundLedger } from '../ledger/expect-sound-ledger.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
let second: RunningStudio;
let v1: Agent;
/** The same client at another replica on the same database. */
let v1AtSecond: Agent;
let operator: Agent;
let nextId = 0;
let nullAccount: string | undefined;

beforeAll(async () => {
  studio = await startStudio();
  second = await startStudio({ database: studio.database });
  const token = await studio.serviceToken();
  v1 = studio.as(token);
  v1AtSecond = second.as(token);
  operator = studio.as(await studio.operator());
});
afterAll(async () => {
  await expectSoundLedger(studio.pool);
  await second.close();
  await studio.close();
});

/** A new account in credit mode with so many credits. */
async function creditAccount(credits: number): Promise<string> {
  nextId += 1;
  const key = `v1:partner:${nextId}`;
  await operator
    .post('/v1/operator/accounts')
    .send({ external_key: key, display_name: key, billing_mode: 'CREDIT', reason: 'test' })
    .expect(201);
  await operator
    .post(`/v1/operator/accounts/${key}/grants`)
    .send({ amount: credits, reason: 'test', idempotency_key: 'first' })
    .expect(201);
  return key;
}

function send(command: string, body: object, as: Agent = v1): Promise<Response> {
  return as.post(`/v1/billing/credits/${command}`).send(body);
}

const work = (key: string, ref: string | number, more: object = {}): object => ({
  external_key: key,
  ref_type: 'commission_request',
  ref_id: String(ref),
  ...more,
});

async function credit(key: string): Promise<{ wallet: number; reserved: number; available: number }> {
  const { body } = await v1.get('/v1/billing/accounts/status').query({ external_key: key }).expect(200);
  return (body as { credit: { wallet: number; reserved: number; available: number } }).credit;
}

describe('a replay of a money command', () => {
  test.each(['reserve', 'consume', 'release'] as const)(
    '%s answers its first values again and moves nothing',
    async (command) => {
      const key = await creditAccount(10);
      if (command !== 'reserve') await send('reserve', work(key, 1, { amount: 4, idempotency_key: 'hold' }));
      const body = work(key, 1, { idempotency_key: 'once', ...(command === 'reserve' ? { amount: '4.0' } : {}) });
      const first = await send(command, body);
      expect(first.status).toBe(201);
      const after = await credit(key);
      const again = await send(command, body, v1AtSecond);
      expect(again.status).toBe(201);
      expect(again.headers['idempotent-replayed']).toBe('true');
      expect(again.body).toEqual(first.body);
      expect(await credit(key)).toEqual(after);
    },
  );

  test('reserve says the state the hold has now, beside the values it had', async () => {
    const key = await creditAccount(10);
    const body = work(key, 1, { amount: 4, idempotency_key: 'hold' });
    const first = await send('reserve', body);
    await send('release', work(key, 1, { idempotency_key: 'back' }));
    const again = await send('reserve', body);
    expect(again.body).toEqual({ ...first.body, status: 'RELEASED', held_amount: 0, released_at: expect.any(String) });
  });

  test('grant answers its first row and grants once', async () => {
    const key = await creditAccount(10);
    const body = { amount: 5, reason: 'gift', idempotency_key: 'gift' };
    const path = `/v1/operator/accounts/${key}/grants`;
    const first = await operator.post(path).send(body).expect(201);
    const again = await operator.post(path).send(body).expect(201);
    expect(again.body).toEqual(first.body);
    expect(await credit(key)).toMatchObject({ wallet: 15 });
  });

  test('a refusal stays a refusal after a top-up, and a new key may try again', async () => {
    const key = await creditAccount(1);
    const body = work(key, 1, { amount: 4, idempotency_key: 'no' });
    const refused = await send('reserve', body);
    expect(refused.status).toBe(409);
    await operator
      .post(`/v1/operator/accounts/${key}/grants`)
      .send({ amount: 9, reason: 'top-up', idempotency_key: 'more' });
    const again = await send('reserve', body);
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ code: 'INSUFFICIENT_CREDITS', required: 4, available: 1, shortfall: 3 });
    expect((await send('reserve', work(key, 1, { amount: 4, idempotency_key: 'yes' }))).status).toBe(201);
  });

  test('5, 5.0 and "5" are one request; another amount under the key is 422 and changes nothing', async () => {
    const key = await creditAccount(10);
    const attempt = (amount: unknown): Promise<Response> =>
      send('reserve', work(key, 1, { amount, idempotency_key: 'k' }));
    const first = await attempt(5);
    expect((await attempt('5.0')).body).toEqual(first.body);
    expect((await attempt('5')).body).toEqual(first.body);
    const other = await attempt(6);
    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ code: 'idempotency_key_reused' });
    expect(await credit(key)).toMatchObject({ reserved: 5 });
  });

  test('a key is scoped to its account, client and operation', async () => {
    const [one, two] = [await creditAccount(10), await creditAccount(10)];
    for (const key of [one, two]) {
      expect((await send('reserve', work(key, 1, { amount: 2, idempotency_key: 'same' }))).status).toBe(201);
      const consumed = await send('consume', work(key, 1, { idempotency_key: 'same' }));
      expect(consumed.body).toMatchObject({ status: 'CONSUMED', delta: -2 });
    }
  });
});

describe('races', () => {
  test('50 simultaneous calls with one key, over two replicas: one effect, one answer', async () => {
    const key = await creditAccount(100);
    const body = work(key, 1, { amount: 3, idempotency_key: 'once' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, call) => send('reserve', body, call % 2 ? v1 : v1AtSecond)),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(201));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(await credit(key)).toEqual({ wallet: 100, reserved: 3, available: 97 });
  });

  test('100 reserves on a wallet with 60, over two replicas: exactly 60', async () => {
    const key = await creditAccount(60);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, call) =>
        send('reserve', work(key, call, { idempotency_key: `r${call}` }), call % 2 ? v1 : v1AtSecond),
      ),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(60);
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(40);
    expect(await credit(key)).toEqual({ wallet: 60, reserved: 60, available: 0 });
  });

  test('consume and release of one hold at once: one of them wins, never both', async () => {
    const key = await creditAccount(20);
    for (let ref = 0; ref < 10; ref += 1) await send('reserve', work(key, ref, { idempotency_key: `r${ref}` }));
    const rounds = await Promise.all(
      Array.from({ length: 10 }, (_, ref) =>
        Promise.all([
          send('consume', work(key, ref, { idempotency_key: `c${ref}` })),
          send('release', work(key, ref, { idempotency_key: `l${ref}` }), v1AtSecond),
        ]),
      ),
    );
    for (const answers of rounds) expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409]);
    const consumed = rounds.filter(([consume]) => consume.status === 201).length;
    expect(await credit(key)).toEqual({ wallet: 20 - consumed, reserved: 0, available: 20 - consumed });
  });

  test('the same hold consumed under 20 different keys is charged once', async () => {
    const key = await creditAccount(20);
    await send('reserve', work(key, 1, { amount: 5, idempotency_key: 'hold' }));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, call) =>
        send(
          'consume',
          work(key, 1, { amount: 5, on_missing_hold: 'settle', idempotency_key: `c${call}` }),
          call % 2 ? v1 : v1AtSecond,
        ),
      ),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(await credit(key)).toEqual({ wallet: 15, reserved: 0, available: 15 });
  });

  test('20 grants under one key at once grant once', async () => {
    const key = await creditAccount(1);
    const body = { amount: 5, reason: 'gift', idempotency_key: 'gift' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => operator.post(`/v1/operator/accounts/${key}/grants`).send(body)),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(201));
    expect(await credit(key)).toMatchObject({ wallet: 6 });
  });

  test('crossed bursts over many accounts at two replicas end without a deadlock anybody sees', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => creditAccount(50)));
    const forward = keys.flatMap((key) =>
      Array.from({ length: 10 }, (_, ref) => send('reserve', work(key, ref, { idempotency_key: `f${ref}` }))),
    );
    const backward = [...keys]
      .reverse()
      .flatMap((key) =>
        Array.from({ length: 10 }, (_, ref) =>
          send('reserve', work(key, 100 + ref, { idempotency_key: `b${ref}` }), v1AtSecond),
        ),
      );
    const statuses = (await Promise.all([...forward, ...backward])).map((answer) => answer.status);
    expect(new Set(statuses)).toEqual(new Set([201]));
    for (const key of keys) expect(await credit(key)).toMatchObject({ reserved: 20 });
  });
});

describe('consume', () => {
  test('less than held gives the rest back in the same step', async () => {
    const key = await creditAccount(10);
    await send('reserve', work(key, 1, { amount: 6, idempotency_key: 'hold' }));
    const answer = await send('consume', work(key, 1, { amount: 2, idempotency_key: 'c' }));
    expect(answer.body).toMatchObject({
      status: 'CONSUMED',
      reason: 'CONSUME',
      delta: -2,
      settled_amount: 2,
      shortfall: null,
    });
    expect(await credit(key)).toEqual({ wallet: 8, reserved: 0, available: 8 });
  });

  test('more than held takes the excess from what is available, and what is missing becomes a shortfall', async () => {
    const key = await creditAccount(10);
    await send('reserve', work(key, 1, { amount: 6, idempotency_key: 'hold' }));
    const answer = await send('consume', work(key, 1, { amount: 12, idempotency_key: 'c' }));
    expect(answer.body).toMatchObject({
      status: 'SHORTFALL',
      settled_amount: 10,
      shortfall: { amount: 2, status: 'OPEN' },
    });
    expect(await credit(key)).toEqual({ wallet: 0, reserved: 0, available: 0 });
  });

  test('without a hold is 404, or settles from available when told to', async () => {
    const key = await creditAccount(10);
    expect((await send('consume', work(key, 1, { amount: 3, idempotency_key: 'c' }))).body).toMatchObject({
      status: 404,
      code: 'reservation_not_found',
    });
    const settled = await send(
      'consume',
      work(key, 1, { amount: 3, on_missing_hold: 'settle', idempotency_key: 'c2' }),
    );
    expect(settled.body).toMatchObject({ status: 'CONSUMED', settled_amount: 3, reservation: null });
    expect(await credit(key)).toMatchObject({ wallet: 7 });
  });

  test('by reservation id works without a reference; an unknown id is 404', async () => {
    const key = await creditAccount(10);
    const { body } = await send('reserve', work(key, 1, { idempotency_key: 'hold' }));
    const { id } = body as { id: string };
    const answer = await send('consume', { external_key: key, reservation_id: id, idempotency_key: 'c' });
    expect(answer.body).toMatchObject({ status: 'CONSUMED', reservation_id: id });
    const unknown = await send('release', {
      external_key: key,
      reservation_id: '01a1fbed-16ee-72e4-b500-3c456bee659d',
      idempotency_key: 'l',
    });
    expect(unknown.status).toBe(404);
  });
});

describe('an expired hold', () => {
  test('reads as EXPIRED in the replay of its reserve, before any sweep', async () => {
    const key = await creditAccount(5);
    const body = work(key, 1, { amount: 5, idempotency_key: 'hold' });
    const first = await send('reserve', body);
    await letExpire(key);
    expect((await send('reserve', body)).body).toMatchObject({
      id: (first.body as { id: string }).id,
      status: 'EXPIRED',
    });
  });

  /** The hold's time is over, as if the database clock had moved. */
  async function letExpire(key: string): Promise<void> {
    await studio.pool.query(
      `UPDATE reservations SET expires_at = now() - interval '1 minute'
        WHERE account_id = (SELECT account_id FROM accounts WHERE external_key = $1) AND status = 'ACTIVE'`,
      [key],
    );
  }

  test('counts as free at read and for the next reserve, before any sweep', async () => {
    const key = await creditAccount(5);
    await send('reserve', work(key, 1, { amount: 5, idempotency_key: 'hold' }));
    await letExpire(key);
    expect(await credit(key)).toEqual({ wallet: 5, reserved: 0, available: 5 });
    expect((await send('reserve', work(key, 2, { amount: 5, idempotency_key: 'next' }))).status).toBe(201);
    expect((await send('consume', work(key, 1, { idempotency_key: 'late' }))).body).toMatchObject({
      code: 'RESERVATION_ALREADY_EXPIRED',
    });
  });

  test('is written once by sweepers that run at the same time, with the deadline as its effective time', async () => {
    const key = await creditAccount(5);
    await send('reserve', work(key, 1, { amount: 5, idempotency_key: 'hold' }));
    await letExpire(key);
    await Promise.all([studio.app.get(ExpireHolds).run(), second.app.get(ExpireHolds).run()]);
    const { body } = await v1.get('/v1/billing/credits/ledger').query({ external_key: key }).expect(200);
    const { items } = body as { items: { reason: string; created_at: string; effective_at: string }[] };
    expect(items.map((row) => row.reason)).toEqual(['EXPIRE', 'RESERVE', 'GRANT']);
    expect(Date.parse(items[0]!.effective_at)).toBeLessThan(Date.parse(items[0]!.created_at));
  });

  test('is charged by a delivery that settles, from what is available', async () => {
    const key = await creditAccount(5);
    await send('reserve', work(key, 1, { amount: 4, idempotency_key: 'hold' }));
    await letExpire(key);
    const answer = await send('consume', work(key, 1, { amount: 4, on_missing_hold: 'settle', idempotency_key: 'c' }));
    expect(answer.body).toMatchObject({ status: 'CONSUMED', settled_amount: 4, reservation: { status: 'EXPIRED' } });
  });
});

describe('a batch of commands', () => {
  const batch = (commands: unknown): Promise<Response> =>
    v1.post('/v1/billing/credits/commands').send(commands as object);

  test('is applied in order per account, each command on its own: a refusal or a bad item stops nothing', async () => {
    const [one, two] = [await creditAccount(10), await creditAccount(1)];
    const commands = [
      { operation: 'reserve', ...work(one, 1, { amount: 6, idempotency_key: 'r1' }) },
      { operation: 'reserve', ...work(two, 1, { amount: 4, idempotency_key: 'r1' }) },
      { operation: 'consume', ...work(one, 1, { amount: 5, idempotency_key: 'c1' }) },
      { operation: 'reserve', ...work(one, 2, { amount: 5, idempotency_key: 'r2' }) },
      { operation: 'grant', external_key: one, amount: 100, idempotency_key: 'g' },
      { operation: 'release', ...work(one, 2, { idempotency_key: 'l2', status: 'ACTIVE' }) },
      { operation: 'release', ...work(one, 2, { idempotency_key: 'l2' }) },
      { operation: 'reserve', ...work('v2:tenant:1', 1, { idempotency_key: 'x' }) },
    ];
    const { status, body } = await batch(commands);
    expect(status).toBe(200);
    const { outcomes } = body as { outcomes: { status: number; code?: string; answer?: object; details?: object }[] };
    expect(outcomes.map((outcome) => outcome.status)).toEqual([201, 409, 201, 201, 403, 400, 201, 403]);
    expect(outcomes[1]).toMatchObject({ code: 'INSUFFICIENT_CREDITS', details: { shortfall: 3 } });
    expect(outcomes[2]).toMatchObject({ answer: { status: 'CONSUMED', settled_amount: 5 } });
    expect(await credit(one)).toEqual({ wallet: 5, reserved: 0, available: 5 });

    const again = (await batch(commands)).body as { outcomes: { replayed?: boolean; answer?: object }[] };
    expect(again.outcomes.map((outcome) => outcome.replayed)).toEqual([
      true,
      true,
      true,
      true,
      undefined,
      undefined,
      true,
      undefined,
    ]);
    expect(again.outcomes[2]?.answer).toEqual(outcomes[2]?.answer);
    expect(await credit(one)).toEqual({ wallet: 5, reserved: 0, available: 5 });
  });

  test('of 500 commands on a wallet with 100 takes exactly 100', async () => {
    const key = await creditAccount(100);
    const { body } = await batch(
      Array.from({ length: 500 }, (_, n) => ({ operation: 'reserve', ...work(key, n, { idempotency_key: `b${n}` }) })),
    );
    const { outcomes } = body as { outcomes: { status: number }[] };
    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      ...Array<number>(100).fill(201),
      ...Array<number>(400).fill(409),
    ]);
    expect(await credit(key)).toEqual({ wallet: 100, reserved: 100, available: 0 });
  });

  test.each([[{}], [[]], [Array(501).fill({ operation: 'reserve' })]])(
    'refuses what is not an array of 1 to 500',
    async (commands) => {
      expect((await batch(commands)).status).toBe(400);
    },
  );
});

describe('a funding decision', () => {
  test('work accepted while nobody had enrolled the account is not charged when somebody enrols it later', async () => {
    nextId += 1;
    const key = `v1:partner:${nextId}`;
    expect((await send('reserve', work(key, 1, { amount: 4, idempotency_key: 'r' }))).body).toMatchObject({
      code: 'account_not_enrolled',
    });
    await operator
      .post('/v1/operator/accounts')
      .send({ external_key: key, display_name: key, billing_mode: 'CREDIT', reason: 'test' })
      .expect(201);
    await operator
      .post(`/v1/operator/accounts/${key}/grants`)
      .send({ amount: 10, reason: 'test', idempotency_key: 'first' })
      .expect(201);
    const settle = { amount: 4, on_missing_hold: 'settle', acceptance: 1, idempotency_key: 'c' };
    expect((await send('consume', work(key, 1, settle))).body).toMatchObject({ status: 'IGNORED' });
    expect((await send('reserve', work(key, 1, { amount: 4, idempotency_key: 'r' }))).body).toMatchObject({
      status: 'IGNORED',
    });
    expect(await credit(key)).toEqual({ wallet: 10, reserved: 0, available: 10 });
  });

  test('a suspended postpaid account is refused, and its delivered work is owed on an invoice, not as a shortfall', async () => {
    const key = await creditAccount(10);
    await operator
      .post(`/v1/operator/accounts/${key}/mode`)
      .send({ billing_mode: 'POSTPAID', reason: 'test' })
      .expect(200);
    await operator.post(`/v1/operator/accounts/${key}/suspend`).send({ reason: 'test' }).expect(200);
    expect((await send('reserve', work(key, 1, { amount: 4, idempotency_key: 'r' }))).body).toMatchObject({
      code: 'ACCOUNT_NOT_ACTIVE',
    });
    const settled = await send('consume', work(key, 1, { amount: 4, on_missing_hold: 'settle', idempotency_key: 'c' }));
    expect(settled.body).toMatchObject({ status: 'IGNORED' });
  });
});

describe('a wallet that somebody else has locked', () => {
  test('delays the other accounts of its batch by less than a second; its own commands are not attempted', async () => {
    const [locked, free] = [await creditAccount(10), await creditAccount(10)];
    const blocker = await studio.pool.connect();
    await blocker.query('BEGIN');
    await blocker.query(
      'SELECT FROM wallets WHERE account_id = (SELECT account_id FROM accounts WHERE external_key = $1) FOR UPDATE',
      [locked],
    );
    const before = performance.now();
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, (_, n) => send('reserve', work(locked, n, { idempotency_key: `l${n}` }))),
      send('reserve', work(free, 1, { idempotency_key: 'f' })),
    ]);
    expect(performance.now() - before).toBeLessThan(2500);
    expect(answers.map((answer) => answer.status)).toEqual([503, 503, 503, 503, 503, 201]);
    expect(answers[0]?.body).toMatchObject({ code: 'not_attempted' });
    expect(answers[0]?.headers['retry-after']).toBe('2');
    await blocker.query('ROLLBACK');
    blocker.release();
  });
});

describe('what a client may not do', () => {
  test.each([
    ['reserve', { account_id: null, idempotency_key: null }, 400],
    ['reserve', { account_id: null, amount: null, acceptance: null, expires_in_minutes: null }, 201],
    ['consume', { account_id: null, amount: null, reservation_id: null, on_missing_hold: null }, 201],
    ['consume', { ref_type: null, ref_id: null }, 400],
    ['consume', { amount: null, on_missing_hold: 'settle' }, 400],
    ['release', { reservation_id: null, reason: null }, 409],
  ])('%s with %j: null says the same as absent, and is never a 5xx', async (command, fields, status) => {
    nullAccount ??= await creditAccount(10);
    const body = work(nullAccount, 'null', {
      idempotency_key: `${command}:${JSON.stringify(fields)}`.replace(/[^a-z]/g, ''),
      ...fields,
    });
    expect((await send(command, body)).status).toBe(status);
  });

  test.each([
    ['no account', { ref_type: 'a', ref_id: '1', idempotency_key: 'k' }, 400],
    ['no key', { external_key: 'v1:partner:1', ref_type: 'a', ref_id: '1' }, 400],
    ['zero', { external_key: 'v1:partner:1', ref_type: 'a', ref_id: '1', idempotency_key: 'k', amount: 0 }, 400],
    [
      'a negative amount',
      { external_key: 'v1:partner:1', ref_type: 'a', ref_id: '1', idempotency_key: 'k', amount: -1 },
      400,
    ],
    [
      'seven decimals',
      { external_key: 'v1:partner:1', ref_type: 'a', ref_id: '1', idempotency_key: 'k', amount: '1.0000001' },
      400,
    ],
    ['too much', { external_key: 'v1:partner:1', ref_type: 'a', ref_id: '1', idempotency_key: 'k', amount: 1e12 }, 400],
    [
      'an unknown field',
      { external_key: 'v1:partner:1', ref_type: 'a', ref_id: '1', idempotency_key: 'k', status: 'ACTIVE' },
      400,
    ],
    [
      'a malformed account key',
      { external_key: 'v1:partner:007', ref_type: 'a', ref_id: '1', idempotency_key: 'k' },
      400,
    ],
    ['another namespace', { external_key: 'v2:tenant:1', ref_type: 'a', ref_id: '1', idempotency_key: 'k' }, 403],
    [
      'an account nobody enrolled',
      { external_key: 'v1:partner:999999', ref_type: 'a', ref_id: '1', idempotency_key: 'k' },
      404,
    ],
  ])('%s is refused', async (_, body, status) => {
    expect((await send('reserve', body)).status).toBe(status);
  });

  test('a token without the scope is 403, none is 401', async () => {
    const reader = studio.as(await studio.serviceToken({ scopes: ['status:read'] }));
    const key = await creditAccount(5);
    expect((await send('reserve', work(key, 1, { idempotency_key: 'k' }), reader)).status).toBe(403);
    expect((await send('reserve', work(key, 1, { idempotency_key: 'k' }), studio.as({}))).status).toBe(401);
  });

  test('a second live hold for one reference is 409 and names the first', async () => {
    const key = await creditAccount(5);
    const { body } = await send('reserve', work(key, 1, { idempotency_key: 'one' }));
    const again = await send('reserve', work(key, 1, { idempotency_key: 'two' }));
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({
      code: 'RESERVATION_ALREADY_ACTIVE',
      reservation_id: (body as { id: string }).id,
    });
  });

  test('the key may come as a header, and must not contradict the body', async () => {
    const key = await creditAccount(5);
    const asHeader = await v1.post('/v1/billing/credits/reserve').set('Idempotency-Key', 'h1').send(work(key, 1));
    expect(asHeader.body).toMatchObject({ idempotency_key: 'h1', status: 'ACTIVE', amount: 1 });
    const both = await v1
      .post('/v1/billing/credits/reserve')
      .set('Idempotency-Key', 'h1')
      .send(work(key, 1, { idempotency_key: 'h2' }));
    expect(both.status).toBe(400);
  });
});
