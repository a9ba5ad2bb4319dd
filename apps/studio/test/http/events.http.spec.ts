import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Agent } from 'supertest';
import { startStudio, type RunningStudio } from '../start-studio.ts';

const PATH = '/v1/billing/events';

let studio: RunningStudio;
let second: RunningStudio;
let v1: Agent;
let nextId = 0;

interface SentEvent {
  source_system: string;
  event_type: string;
  external_account_key?: string;
  account_id?: string;
  idempotency_key?: string;
  payload_json?: Record<string, unknown>;
  occurred_at?: string;
}

function event(fields: Partial<SentEvent> = {}): SentEvent {
  nextId += 1;
  return {
    source_system: 'v1',
    event_type: 'note',
    external_account_key: `v1:client:${nextId}`,
    idempotency_key: `k-${nextId}`,
    payload_json: { n: nextId },
    ...fields,
  };
}

async function storedSeqs(key: string): Promise<string[]> {
  const { rows } = await studio.pool.query<{ event_seq: string }>(
    'SELECT e.event_seq FROM billing_events e JOIN accounts USING (account_id) WHERE external_key = $1 ORDER BY 1',
    [key],
  );
  return rows.map((row) => row.event_seq);
}

beforeAll(async () => {
  studio = await startStudio();
  second = await startStudio({ database: studio.database });
  v1 = studio.as(await studio.serviceToken());
});
afterAll(async () => {
  await second.close();
  await studio.close();
});

describe('one event', () => {
  test('201 with the stored row and a receipt; the account stays unknown to others until it is enrolled', async () => {
    const sent = event({ event_type: 'invoice_issued', payload_json: { invoice_id: 7, colour: 'kept' } });
    const answer = await v1.post(PATH).send(sent);
    expect([answer.status, answer.body]).toEqual([
      201,
      {
        id: expect.any(String),
        source_system: 'V1',
        event_type: 'invoice_issued',
        account_id: null,
        external_account_key: sent.external_account_key,
        payload_json: { invoice_id: 7, colour: 'kept' },
        idempotency_key: sent.idempotency_key,
        occurred_at: null,
        created_at: expect.any(String),
        receipt: { incarnation: expect.any(String), account_seq: 1, last_seal: null },
      },
    ]);
  });

  test('a repeat answers the stored row, however its JSON and its time are spelled', async () => {
    const sent = event({ payload_json: { a: 1, b: { c: [1, 2], d: null } }, occurred_at: '2026-01-02T03:04:05Z' });
    const first = await v1.post(PATH).send(sent);
    const { idempotency_key, ...withoutKey } = sent;
    const repeat = await v1
      .post(PATH)
      .set('Idempotency-Key', idempotency_key as string)
      .send({
        ...withoutKey,
        payload_json: { b: { d: null, c: [1, 2] }, a: 1 },
        occurred_at: '2026-01-02T04:04:05+01:00',
      });
    expect([repeat.status, repeat.body, repeat.headers['idempotent-replayed']]).toEqual([201, first.body, 'true']);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
  });

  test('422 for the key with another content; other accounts and sources have keys of their own', async () => {
    const sent = event();
    const first = await v1.post(PATH).send(sent);
    const other = await v1.post(PATH).send({ ...sent, payload_json: { n: 'other' } });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    const elsewhere = await v1.post(PATH).send({ ...sent, external_account_key: 'v1:client:9999' });
    const fromV2 = await v1.post(PATH).send({ ...sent, source_system: 'v2' });
    expect([elsewhere.status, fromV2.status]).toEqual([201, 201]);
    expect(new Set([first, elsewhere, fromV2].map((answer) => answer.body.id as string)).size).toBe(3);
  });

  test('named by id alone once the account is known; 400 for an id nobody knows', async () => {
    const sent = event();
    await v1.post(PATH).send(sent);
    const { rows } = await studio.pool.query<{ account_id: string }>(
      'SELECT account_id FROM accounts WHERE external_key = $1',
      [sent.external_account_key],
    );
    const { external_account_key: _, ...byId } = event({ account_id: rows[0]?.account_id as string });
    const answer = await v1.post(PATH).send(byId);
    expect([answer.status, answer.body.receipt.account_seq]).toEqual([201, 2]);
    const beside = await v1.post(PATH).send({ ...event(byId), idempotency_key: 'null', external_account_key: null });
    expect([beside.status, beside.body.receipt.account_seq]).toEqual([201, 3]);
    const unknown = await v1.post(PATH).send({ ...byId, account_id: '7e6fbb44-7f2c-4b2c-9c53-9d46f8a3a111' });
    expect([unknown.status, unknown.body.errors[0].path]).toEqual([400, 'account_id']);
  });

  test.each([
    ['no account', { external_account_key: undefined }, 'external_account_key'],
    ['two accounts', { account_id: '7e6fbb44-7f2c-4b2c-9c53-9d46f8a3a111' }, 'account_id'],
    ['a bad key', { external_account_key: 'v1:partner:007' }, 'external_account_key'],
    ['an unknown source', { source_system: 'v3' }, 'source_system'],
    ['a bad type', { event_type: 'Not A Type' }, 'event_type'],
    ['a payload that is no object', { payload_json: [] as unknown as Record<string, unknown> }, 'payload_json'],
    ['a time outside the calendar of the books', { occurred_at: '1969-12-31T23:59:59Z' }, 'occurred_at'],
    ['a week', { occurred_at: '2027-W10-1T00:00:00Z' }, 'occurred_at'],
    ['a time that means another one on another machine', { occurred_at: '2026-01-02T03:04:05' }, 'occurred_at'],
    ['an impossible time', { occurred_at: '0000-01-01T00:00:00Z' }, 'occurred_at'],
    ['an unknown field', { colour: 'red' } as Partial<SentEvent>, 'colour'],
    [
      'a wrong type in a known payload',
      { event_type: 'invoice_paid', payload_json: { payment: { amount: 5 } } },
      'payload_json.payment.amount',
    ],
    [
      'a wrong amount in a known payload',
      { event_type: 'invoice_issued', payload_json: { total_amount: '1e3' } },
      'payload_json.total_amount',
    ],
  ])('400 for %s, with its path, and nothing is stored', async (_, fields, path) => {
    const sent = event(fields);
    const answer = await v1.post(PATH).send(sent);
    expect([answer.status, answer.body.code]).toEqual([400, 'validation_failed']);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    expect(await storedSeqs(sent.external_account_key ?? '')).toEqual([]);
  });

  test('400 without a key, and for two keys; 401 and 403', async () => {
    const none = await v1.post(PATH).send(event({ idempotency_key: undefined }));
    expect([none.status, none.body.code]).toEqual([400, 'idempotency_key_required']);
    expect((await v1.post(PATH).set('Idempotency-Key', 'x').send(event())).status).toBe(400);
    expect((await studio.as({}).post(PATH).send(event())).status).toBe(401);
    const narrow = studio.as(await studio.serviceToken({ scopes: ['status:read'] }));
    expect((await narrow.post(PATH).send(event())).status).toBe(403);
    expect((await v1.post(PATH).send(event({ external_account_key: 'v2:tenant:t' }))).status).toBe(403);
  });

  test('50 sendings of one key at once over two instances: one row, one answer', async () => {
    const sent = event();
    const other = second.as(await second.serviceToken());
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 ? v1 : other).post(PATH).send(sent)),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.body.id as string)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers['idempotent-replayed'] === undefined)).toHaveLength(1);
    expect(await storedSeqs(sent.external_account_key as string)).toEqual(['1']);
  });
});

describe('an array of events', () => {
  test('one outcome per item in the order sent; a bad item is refused alone', async () => {
    const known = event();
    const stored = await v1.post(PATH).send(known);
    const fresh = event({ external_account_key: known.external_account_key as string });
    const answer = await v1
      .post(PATH)
      .send([
        known,
        { ...known, payload_json: { n: 'other' } },
        fresh,
        fresh,
        event({ event_type: 'BAD' }),
        event({ external_account_key: 'v2:tenant:t' }),
        event({ idempotency_key: undefined }),
        'nonsense',
      ]);
    expect(answer.status).toBe(201);
    const outcomes = answer.body.outcomes as {
      status: number;
      code?: string;
      event?: { id: string; receipt: unknown };
    }[];
    expect(outcomes.map((outcome) => [outcome.status, outcome.code])).toEqual([
      [200, undefined],
      [422, 'idempotency_key_reused'],
      [201, undefined],
      [200, undefined],
      [400, 'validation_failed'],
      [403, 'forbidden'],
      [400, 'idempotency_key_required'],
      [400, 'validation_failed'],
    ]);
    expect(outcomes[0]?.event).toEqual(stored.body);
    expect(outcomes[3]?.event).toEqual(outcomes[2]?.event);
    expect(outcomes[2]?.event?.receipt).toMatchObject({ account_seq: 2 });
    expect(await storedSeqs(known.external_account_key as string)).toEqual(['1', '2']);
  });

  test('repeats among new events, of one sending and of earlier ones: each account counts on without a gap', async () => {
    const [one, other] = [event(), event()];
    const at = (sent: SentEvent, key: string): SentEvent => ({ ...sent, idempotency_key: key });
    await v1.post(PATH).send([at(one, 'a'), at(other, 'a')]);
    const answer = await v1
      .post(PATH)
      .send([at(one, 'b'), at(other, 'a'), at(one, 'a'), at(one, 'c'), at(other, 'b'), at(one, 'b'), at(one, 'd')]);
    const outcomes = answer.body.outcomes as { status: number; event: { receipt: { account_seq: number } } }[];
    expect(outcomes.map(({ status, event: stored }) => [status, stored.receipt.account_seq])).toEqual([
      [201, 2],
      [200, 1],
      [200, 1],
      [201, 3],
      [201, 2],
      [200, 2],
      [201, 4],
    ]);
    expect(await storedSeqs(one.external_account_key as string)).toEqual(['1', '2', '3', '4']);
    const { rows } = await studio.pool.query(
      `SELECT a.event_seq, a.last_event_at = max(e.received_at) AS counted FROM accounts a JOIN billing_events e USING (account_id)
        WHERE a.external_key = $1 GROUP BY a.account_id`,
      [one.external_account_key],
    );
    expect(rows).toEqual([{ event_seq: '4', counted: true }]);
  });

  test('takes 500 events, and 400 for more, for none, and with the header of a single event', async () => {
    const many = Array.from({ length: 500 }, () => event({ external_account_key: 'v1:channel:1' }));
    const answer = await v1.post(PATH).send(many);
    expect([answer.status, answer.body.outcomes.length]).toEqual([201, 500]);
    const seqs = await storedSeqs('v1:channel:1');
    expect(seqs.map(Number)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    expect((await v1.post(PATH).send([...many, event()])).status).toBe(400);
    expect((await v1.post(PATH).send([])).status).toBe(400);
    expect((await v1.post(PATH).set('Idempotency-Key', 'x').send([event()])).status).toBe(400);
  });

  test('two instances with crossed accounts, new ones included: no deadlock, no gap, nothing twice', async () => {
    const other = second.as(await second.serviceToken());
    const rounds = 10;
    const keys = (round: number) => Array.from({ length: 20 }, (_, index) => `v1:assignment:${round * 20 + index + 1}`);
    for (let round = 0; round < rounds; round += 1) {
      const batch = keys(round).map((key) => event({ external_account_key: key }));
      const crossed = batch.map((item) => ({ ...item, idempotency_key: `${item.idempotency_key}-crossed` })).reverse();
      const answers = await Promise.all([
        v1.post(PATH).send([...batch, ...crossed.slice(0, 5)]),
        other.post(PATH).send([...crossed, ...batch.slice(0, 5)]),
      ]);
      for (const answer of answers) {
        expect(answer.status).toBe(201);
        const outcomes = answer.body.outcomes as { status: number }[];
        expect(outcomes.every((outcome) => outcome.status <= 201)).toBe(true);
      }
    }
    const { rows } = await studio.pool.query(
      `SELECT count(*) AS events, count(DISTINCT account_id) AS accounts, max(e.event_seq) AS head, min(a.event_seq) AS counted
         FROM billing_events e JOIN accounts a USING (account_id) WHERE external_key LIKE 'v1:assignment:%'`,
    );
    expect(rows).toEqual([{ events: String(rounds * 40), accounts: String(rounds * 20), head: '2', counted: '2' }]);
    const deadlocks = await studio.pool.query(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(deadlocks.rows).toEqual([{ deadlocks: '0' }]);
  });
});
