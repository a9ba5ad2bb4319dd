import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Agent } from 'supertest';
import { startStudio, type RunningStudio } from '../start-studio.ts';

const PATHS = ['/v1/billing/credits/reservations', '/v1/billing/credits/ledger', '/v1/billing/timeline'];

let studio: RunningStudio;
let v1: Agent;
let operator: Agent;

interface Row {
  id: string;
  timestamp: string;
  source: string;
  event_type: string;
}

async function enrol(external_key: string, fields: Record<string, unknown> = {}): Promise<string> {
  const answer = await operator.post('/v1/operator/accounts').send({ external_key, display_name: 'A', ...fields });
  expect(answer.status).toBe(201);
  return (answer.body as { account_id: string }).account_id;
}

async function grant(external_key: string, amount: number): Promise<void> {
  const body = { amount, reason: 'test', idempotency_key: 'grant-1' };
  expect((await operator.post(`/v1/operator/accounts/${external_key}/grants`).send(body)).status).toBe(201);
}

/** Every row of a list, page by page. */
async function readAll(path: string, external_key: string, limit: number): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const query: Record<string, string> = { external_key, limit: String(limit), ...(cursor && { cursor }) };
    const answer = await v1.get(path).query(query);
    expect(answer.status).toBe(200);
    const page = answer.body as { items: Row[]; next_cursor: string | null };
    expect(page.items.length).toBeLessThanOrEqual(limit);
    rows.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return rows;
}

/** Rows of all four sources, some of them at exactly one time. Only the tables allow such a thing. */
async function fillTimeline(accountId: string, perSource: number): Promise<void> {
  const time = `timestamptz '2030-01-01 00:00:00.000123+00' + (n / 4) * interval '1 microsecond'`;
  await studio.pool.query(
    `WITH n AS (SELECT n FROM generate_series(1, ${perSource}) n),
     l AS (INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro,
             balance_after_micro, reserved_after_micro, client, operation, idempotency_key, request_digest, effective_at, created_at)
           SELECT $1, 100 + n, gen_random_uuid(), 'GRANT', 1, 0, n, 0, 'v1', 'grant', 'l' || n, '', ${time}, ${time} FROM n),
     e AS (INSERT INTO billing_events (account_id, event_seq, event_id, source_system, event_type, idempotency_key,
             request_digest, client, payload, received_at)
           SELECT $1, 100 + n, gen_random_uuid(), CASE n % 2 WHEN 0 THEN 'v1' ELSE 'v2' END, 'x', 'e' || n, '', 'v1', '{}', ${time} FROM n),
     o AS (INSERT INTO unposted_outcomes (account_id, client, operation, idempotency_key, outcome_id, request_digest,
             outcome, account_seq, created_at)
           SELECT $1, 'v1', 'reserve', 'o' || n, gen_random_uuid(), '', 'IGNORED', 1, ${time} FROM n)
     INSERT INTO account_changes (account_id, change_id, kind, after, actor, created_at)
     SELECT $1, gen_random_uuid(), 'SUSPENDED', '{}', 'x', ${time} FROM n`,
    [accountId],
  );
}

beforeAll(async () => {
  studio = await startStudio();
  v1 = studio.as(await studio.serviceToken());
  operator = studio.as(await studio.operator());
});
afterAll(() => studio.close());

describe('collections', () => {
  test('200 with the contract’s rows, newest first, named by key, by id, or by both', async () => {
    const external_key = 'v1:partner:1';
    const account_id = await enrol(external_key, { tenant_id: '7e6fbb44-7f2c-4b2c-9c53-9d46f8a3a111' });
    await grant(external_key, 5);
    const mode = { billing_mode: 'CREDIT', reason: 'x' };
    expect((await operator.post(`/v1/operator/accounts/${external_key}/mode`).send(mode)).status).toBe(200);
    const hold = { external_key, ref_type: 'commission_request', ref_id: '42', idempotency_key: 'r-1', amount: 1.5 };
    expect((await v1.post('/v1/billing/credits/reserve').send(hold)).status).toBe(201);
    const refused = await v1
      .post('/v1/billing/credits/reserve')
      .send({ ...hold, ref_id: '43', idempotency_key: 'r-2', amount: 100 });
    expect(refused.status).toBe(409);

    for (const path of PATHS) {
      const both = await v1.get(path).query({ external_key, account_id, limit: '30' });
      const byId = await v1.get(path).query({ account_id });
      expect([both.status, byId.status, byId.body]).toEqual([200, 200, both.body]);
    }
    const [reservations, ledger, timeline] = await Promise.all(
      PATHS.map(async (path) => (await v1.get(path).query({ external_key })).body.items as Row[]),
    );
    expect(reservations).toEqual([
      expect.objectContaining({
        status: 'ACTIVE',
        ref_id: '42',
        amount: 1.5,
        idempotency_key: 'r-1',
        released_at: null,
      }),
    ]);
    expect(ledger).toEqual([
      expect.objectContaining({ seq: 2, reason: 'RESERVE', delta: -1.5, balance_delta: 0, reserved_after: 1.5 }),
      expect.objectContaining({ seq: 1, reason: 'GRANT', delta: 5, balance_after: 5, reserved_delta: 0 }),
    ]);
    expect(timeline?.map((row) => [row.source, row.event_type])).toEqual([
      ['CREDITS_DECISION', 'RESERVE_REFUSED'],
      ['CREDITS_LEDGER', 'RESERVE'],
      ['ACCOUNT_POLICY', 'credit_mode_enabled'],
      ['CREDITS_LEDGER', 'GRANT'],
      ['ACCOUNT_POLICY', 'account_enrolled'],
    ]);
    for (const row of [...(reservations ?? []), ...(ledger ?? []), ...(timeline ?? [])]) {
      expect(row).toMatchObject({ account_id, tenant_id: '7e6fbb44-7f2c-4b2c-9c53-9d46f8a3a111' });
    }
  });

  test('paging through holds and movements shows each exactly once, in order', async () => {
    const external_key = 'v1:partner:2';
    await enrol(external_key, { billing_mode: 'CREDIT' });
    await grant(external_key, 100);
    const reserve = (index: number) =>
      v1
        .post('/v1/billing/credits/reserve')
        .send({ external_key, ref_type: 'job', ref_id: `${index}`, idempotency_key: `r-${index}` });
    const answers = await Promise.all(Array.from({ length: 23 }, (_, index) => reserve(index)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    for (const path of PATHS.slice(0, 2)) {
      const rows = await readAll(path, external_key, 5);
      expect(rows.map((row) => row.id)).toEqual((await readAll(path, external_key, 100)).map((row) => row.id));
      expect(new Set(rows.map((row) => row.id)).size).toBe(path.endsWith('ledger') ? 24 : 23);
    }
  });

  test.each([1, 3, 7, 100])(
    'paging the timeline by %i shows each row exactly once, newest first, among equal times too',
    async (limit) => {
      const external_key = `v1:client:${limit}`;
      const account_id = await enrol(external_key);
      await fillTimeline(account_id, 12);
      const rows = await readAll('/v1/billing/timeline', external_key, limit);
      expect(rows).toHaveLength(12 * 4 + 1);
      expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
      const times = rows.map((row) => row.timestamp);
      expect(times).toEqual([...times].sort().reverse());
      const whole = await readAll('/v1/billing/timeline', external_key, 100);
      expect(rows.map((row) => row.id)).toEqual(whole.map((row) => row.id));
    },
  );

  test('rows that arrive while somebody pages neither repeat nor hide older ones', async () => {
    const external_key = 'v1:client:500';
    const account_id = await enrol(external_key);
    await fillTimeline(account_id, 5);
    const before = (await readAll('/v1/billing/timeline', external_key, 100)).map((row) => row.id);
    const first = await v1.get('/v1/billing/timeline').query({ external_key, limit: '4' });
    await studio.pool.query(
      `INSERT INTO billing_events (account_id, event_seq, event_id, source_system, event_type, idempotency_key,
         request_digest, client, payload, received_at)
       VALUES ($1, 900, gen_random_uuid(), 'v1', 'late', 'late', '', 'v1', '{}', '2031-01-01')`,
      [account_id],
    );
    const rest = await v1
      .get('/v1/billing/timeline')
      .query({ external_key, limit: '100', cursor: first.body.next_cursor as string });
    const seen = [...first.body.items, ...rest.body.items].map((row: Row) => row.id);
    expect(seen).toEqual(before);
  });

  test.each(PATHS)('%s: 400, 401, 403, 404', async (path) => {
    const external_key = 'v1:partner:1';
    const bad = [
      {},
      { external_key: 'nonsense' },
      { account_id: '7' },
      { external_key, account_id: '7e6fbb44-7f2c-4b2c-9c53-9d46f8a3a111' },
      { external_key, limit: '0' },
      { external_key, limit: '-1' },
      { external_key, cursor: 'nonsense' },
      { external_key, cursor: Buffer.from('["x"]').toString('base64url') },
      { external_key, unknown: '1' },
    ];
    for (const query of bad) expect([query, (await v1.get(path).query(query)).status]).toEqual([query, 400]);
    expect((await studio.as({}).get(path).query({ external_key })).status).toBe(401);
    const narrow = studio.as(await studio.serviceToken({ scopes: ['events:write'] }));
    expect((await narrow.get(path).query({ external_key })).status).toBe(403);
    expect((await v1.get(path).query({ external_key: 'v2:tenant:t' })).status).toBe(403);
    expect((await v1.get(path).query({ external_key: 'v1:partner:404' })).status).toBe(404);
    expect((await v1.get(path).query({ account_id: '7e6fbb44-7f2c-4b2c-9c53-9d46f8a3a111' })).status).toBe(404);
  });

  test('a limit above 100 gives 100', async () => {
    const external_key = 'v1:client:600';
    await fillTimeline(await enrol(external_key), 30);
    const answer = await v1.get('/v1/billing/timeline').query({ external_key, limit: '5000' });
    expect([answer.status, answer.body.items.length]).toEqual([200, 100]);
  });
});
