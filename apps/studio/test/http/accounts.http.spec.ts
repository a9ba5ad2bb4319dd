import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Agent } from 'supertest';
import { startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
let v1: Agent;
let operator: Agent;
let viewer: Agent;
let nextId = 1000;

/** A key nobody used yet in this file. */
function freshKey(): string {
  nextId += 1;
  return `v1:partner:${nextId}`;
}

async function enrol(fields: Record<string, unknown> = {}): Promise<{ external_key: string; account_id: string }> {
  const external_key = freshKey();
  const answer = await operator
    .post('/v1/operator/accounts')
    .send({ external_key, display_name: external_key, ...fields });
  expect(answer.status).toBe(201);
  return answer.body as { external_key: string; account_id: string };
}

async function grant(key: string, amount: number): Promise<void> {
  const answer = await operator
    .post(`/v1/operator/accounts/${key}/grants`)
    .send({ amount, reason: 'test', idempotency_key: `grant:${key}:${amount}` });
  expect(answer.status).toBe(201);
}

beforeAll(async () => {
  studio = await startStudio();
  v1 = studio.as(await studio.serviceToken());
  operator = studio.as(await studio.operator());
  viewer = studio.as(await studio.operator('viewer'));
});
afterAll(() => studio.close());

describe('GET /v1/billing/accounts/status', () => {
  test('200 with the contract’s fields, by key and by id', async () => {
    const { external_key, account_id } = await enrol({ billing_mode: 'POSTPAID', payment_terms_days: 30 });
    await grant(external_key, 12.5);
    const expected = {
      account_id,
      external_key,
      account_type: 'EXTERNAL_ASSOCIATE',
      account_status: 'ACTIVE',
      billing_mode: 'POSTPAID',
      payment_terms_days: 30,
      credit_cost_model: 'FLAT',
      currency: 'INR',
      is_enabled: true,
      credit: { wallet: 12.5, reserved: 0, available: 12.5 },
    };
    const byKey = await v1.get('/v1/billing/accounts/status').query({ external_key: ` ${external_key} ` });
    expect([byKey.status, byKey.body]).toEqual([200, expect.objectContaining(expected)]);
    const byId = await v1.get(`/v1/billing/accounts/${account_id.toUpperCase()}/status`);
    expect([byId.status, byId.body]).toEqual([200, byKey.body]);
  });

  test('400 for a missing or bad key, and for an id that is no UUID, the word status included', async () => {
    for (const query of ['', '?external_key=', '?external_key=%20']) {
      const answer = await v1.get(`/v1/billing/accounts/status${query}`);
      expect([answer.status, answer.body.detail]).toEqual([400, 'external_key is required']);
    }
    expect((await v1.get('/v1/billing/accounts/status?external_key=v1:partner:07')).status).toBe(400);
    expect(
      (await v1.get('/v1/billing/accounts/status?external_key=v1:partner:1&external_key=v1:partner:2')).status,
    ).toBe(400);
    expect((await v1.get('/v1/billing/accounts/nonsense/status')).status).toBe(400);
    expect((await v1.get('/v1/billing/accounts/status/status')).status).toBe(400);
  });

  test('401 without a token and with a wrong one', async () => {
    const path = '/v1/billing/accounts/status?external_key=v1:partner:1';
    const none = await studio.as({}).get(path);
    expect([none.status, none.body.code]).toEqual([401, 'unauthorized']);
    const wrong = await studio.as({ 'x-service-token': 'tdm_0000000000000000_x' }).get(path);
    expect([wrong.status, wrong.body.code]).toEqual([401, 'INVALID_STUDIO_SERVICE_TOKEN']);
  });

  test('403 without the scope, for people, and outside the token’s namespace whether asked by key or by id', async () => {
    const path = '/v1/billing/accounts/status?external_key=v1:partner:1';
    const narrow = studio.as(await studio.serviceToken({ scopes: ['events:write'] }));
    expect((await narrow.get(path)).status).toBe(403);
    expect((await operator.get(path)).status).toBe(403);
    const other = await operator
      .post('/v1/operator/accounts')
      .send({ external_key: 'v2:tenant:t1', display_name: 'T' });
    expect((await v1.get('/v1/billing/accounts/status?external_key=v2:tenant:t1')).status).toBe(403);
    const { account_id } = other.body as { account_id: string };
    expect((await v1.get(`/v1/billing/accounts/${account_id}/status`)).status).toBe(403);
    const unbound = studio.as(await studio.serviceToken({ namespace: null }));
    expect((await unbound.get(`/v1/billing/accounts/${account_id}/status`)).status).toBe(200);
  });

  test('404 for an account nobody enrolled, known by its events or not at all', async () => {
    const key = freshKey();
    const unknown = await v1.get('/v1/billing/accounts/status').query({ external_key: key });
    const event = { source_system: 'v1', event_type: 'x', external_account_key: key, idempotency_key: `e:${key}` };
    expect((await v1.post('/v1/billing/events').send(event)).status).toBe(201);
    const stub = await v1.get('/v1/billing/accounts/status').query({ external_key: key });
    for (const answer of [unknown, stub]) {
      expect([answer.status, answer.body.code, answer.body.error]).toEqual([
        404,
        'account_not_enrolled',
        'billing account not found',
      ]);
    }
    expect((await v1.get('/v1/billing/accounts/7e6fbb44-7f2c-4b2c-9c53-9d46f8a3a111/status')).status).toBe(404);
  });

  test('a hold past its time counts as free before anybody writes its end', async () => {
    const { external_key, account_id } = await enrol();
    await grant(external_key, 10);
    // Setting a hold's deadline back is not possible through the API.
    await studio.pool.query('UPDATE wallets SET reserved_micro = 3000000 WHERE account_id = $1', [account_id]);
    await studio.pool.query(
      `INSERT INTO reservations (account_id, reservation_id, amount_micro, held_micro, ref_type, ref_id, acceptance, client,
                                 idempotency_key, created_at, expires_at)
       VALUES ($1, '01900000-0000-7000-8000-000000000001', 1000000, 1000000, 'job', 'past', 1, 'v1', 'k1', now() - interval '2 h', now() - interval '1 h'),
              ($1, '01900000-0000-7000-8000-000000000002', 2000000, 2000000, 'job', 'open', 1, 'v1', 'k2', now(), now() + interval '1 h')`,
      [account_id],
    );
    const status = await v1.get('/v1/billing/accounts/status').query({ external_key });
    expect(status.body.credit).toEqual({ wallet: 10, reserved: 2, available: 8 });
    const holds = await v1.get('/v1/billing/credits/reservations').query({ external_key });
    expect(holds.body.items.map((row: { ref_id: string; status: string }) => [row.ref_id, row.status])).toEqual([
      ['open', 'ACTIVE'],
      ['past', 'EXPIRED'],
    ]);
    const listed = await operator
      .get('/v1/operator/accounts')
      .query({ q: external_key, low_balance_below: '8.000001' });
    expect(listed.body.items).toHaveLength(1);
    const active = await operator.get(`/v1/operator/accounts/${external_key}/reservations?status=ACTIVE`);
    expect(active.body.items).toHaveLength(1);
  });

  test('reads write nothing at all', async () => {
    const { external_key, account_id } = await enrol();
    const image = async () => {
      const { rows } = await studio.pool.query(
        `SELECT (SELECT json_agg(json_build_array(xmin, a.*) ORDER BY account_id) FROM accounts a) AS accounts,
                (SELECT json_agg(json_build_array(xmin, w.*) ORDER BY account_id) FROM wallets w) AS wallets,
                (SELECT count(*) FROM account_changes) AS changes, (SELECT count(*) FROM billing_events) AS events,
                (SELECT count(*) FROM ledger) AS ledger, (SELECT count(*) FROM reservations) AS reservations`,
      );
      return rows[0];
    };
    const before = await image();
    await v1.get('/v1/billing/accounts/status').query({ external_key });
    await v1.get('/v1/billing/accounts/status').query({ external_key: freshKey() });
    await v1.get(`/v1/billing/accounts/${account_id}/status`);
    await v1.post('/v1/billing/accounts/statuses').send({ external_keys: [external_key, freshKey()] });
    for (const path of ['credits/reservations', 'credits/ledger', 'timeline']) {
      expect((await v1.get(`/v1/billing/${path}`).query({ external_key })).status).toBe(200);
    }
    expect(await image()).toEqual(before);
  });
});

describe('POST /v1/billing/accounts/statuses', () => {
  test('200 in the order asked, unknown and repeated keys included', async () => {
    const first = await enrol();
    const second = await enrol();
    const unknown = freshKey();
    const external_keys = [second.external_key, unknown, first.external_key, second.external_key];
    const answer = await v1.post('/v1/billing/accounts/statuses').send({ external_keys });
    expect(answer.status).toBe(200);
    const { statuses } = answer.body as {
      statuses: { external_key: string; not_enrolled: boolean; status: unknown }[];
    };
    expect(statuses.map((item) => [item.external_key, item.not_enrolled])).toEqual([
      [second.external_key, false],
      [unknown, true],
      [first.external_key, false],
      [second.external_key, false],
    ]);
    expect(statuses[1]?.status).toBeNull();
    expect(statuses[2]?.status).toMatchObject({ account_id: first.account_id });
  });

  test('each account is answered as it is alone, whatever its name', async () => {
    const { external_key } = await enrol({ display_name: 'Ä "quoted" \\ name', billing_mode: 'CREDIT' });
    const alone = await v1.get('/v1/billing/accounts/status').query({ external_key });
    const answer = await v1.post('/v1/billing/accounts/statuses').send({ external_keys: [external_key] });
    expect(answer.headers['content-type']).toBe(alone.headers['content-type']);
    expect(answer.text).toBe(
      `{"statuses":[{"external_key":"${external_key}","not_enrolled":false,"status":${alone.text}}]}`,
    );
  });

  test('takes 500 keys in one call, and 400 for more, none, or a bad one', async () => {
    const keys = (count: number) => Array.from({ length: count }, (_, index) => `v1:client:${index + 1}`);
    const most = await v1.post('/v1/billing/accounts/statuses').send({ external_keys: keys(500) });
    expect([most.status, most.body.statuses.length]).toEqual([200, 500]);
    for (const external_keys of [keys(501), [], ['nonsense'], 'v1:client:1', null]) {
      expect((await v1.post('/v1/billing/accounts/statuses').send({ external_keys })).status).toBe(400);
    }
  });

  test('401 without a token; 403 when any key is outside the namespace', async () => {
    expect(
      (
        await studio
          .as({})
          .post('/v1/billing/accounts/statuses')
          .send({ external_keys: ['v1:client:1'] })
      ).status,
    ).toBe(401);
    const mixed = { external_keys: ['v1:client:1', 'v2:tenant:t1'] };
    expect((await v1.post('/v1/billing/accounts/statuses').send(mixed)).status).toBe(403);
  });
});

describe('POST /v1/operator/accounts', () => {
  test('201 with defaults, the operator and the reason in the history', async () => {
    const external_key = freshKey();
    const answer = await operator
      .post('/v1/operator/accounts')
      .send({ external_key, display_name: 'Acme', reason: 'new partner' });
    expect([answer.status, answer.body]).toEqual([
      201,
      expect.objectContaining({
        external_key,
        billing_mode: 'POSTPAID',
        payment_terms_days: 15,
        currency: 'INR',
        version: 1,
      }),
    ]);
    const { body } = await operator.get(`/v1/operator/accounts/${encodeURIComponent(external_key)}/timeline`);
    expect(body.items).toEqual([
      expect.objectContaining({
        source: 'ACCOUNT_POLICY',
        event_type: 'account_enrolled',
        payload_json: expect.objectContaining({ actor: 'operator-1@studio.test', reason: 'new partner' }),
      }),
    ]);
  });

  test('attaches events that came before, under the same id', async () => {
    const external_key = freshKey();
    const event = {
      source_system: 'v1',
      event_type: 'early',
      external_account_key: external_key,
      idempotency_key: 'early-1',
    };
    const before = await v1.post('/v1/billing/events').send(event);
    expect([before.status, before.body.account_id]).toEqual([201, null]);
    const stub = await operator.get(`/v1/operator/accounts/${external_key}`);
    expect([stub.status, stub.body.account_status]).toEqual([200, 'UNENROLLED']);
    const enrolled = await operator.post('/v1/operator/accounts').send({ external_key, display_name: 'Late' });
    expect([enrolled.status, enrolled.body.account_id]).toEqual([201, stub.body.account_id]);
    const after = await v1.post('/v1/billing/events').send(event);
    expect([after.body.id, after.body.account_id]).toEqual([before.body.id, enrolled.body.account_id]);
    const timeline = await v1.get('/v1/billing/timeline').query({ external_key });
    expect(timeline.body.items.map((row: { event_type: string }) => row.event_type)).toEqual([
      'account_enrolled',
      'early',
    ]);
  });

  test('409 for an enrolled key; of 20 enrolments at once one wins', async () => {
    const external_key = freshKey();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        operator.post('/v1/operator/accounts').send({ external_key, display_name: 'Race' }),
      ),
    );
    const statuses = answers.map((answer) => answer.status).sort();
    expect(statuses).toEqual([201, ...new Array<number>(19).fill(409)]);
    const { rows } = await studio.pool.query(
      `SELECT count(*) FROM account_changes JOIN accounts USING (account_id) WHERE external_key = $1`,
      [external_key],
    );
    expect(rows).toEqual([{ count: '1' }]);
  });

  test('400 for bad fields with their paths; 401 signed out; 403 for viewers and for service tokens', async () => {
    const bad = await operator
      .post('/v1/operator/accounts')
      .send({ external_key: 'v1:partner:01', display_name: '', payment_terms_days: 0, currency: 'rupee', extra: 1 });
    expect(bad.status).toBe(400);
    const paths = bad.body.errors.map((error: { path: string }) => error.path);
    expect(paths).toEqual(
      expect.arrayContaining(['external_key', 'display_name', 'payment_terms_days', 'currency', 'extra']),
    );
    const good = { external_key: freshKey(), display_name: 'No' };
    expect((await studio.as({}).post('/v1/operator/accounts').send(good)).status).toBe(401);
    expect((await viewer.post('/v1/operator/accounts').send(good)).status).toBe(403);
    expect((await v1.post('/v1/operator/accounts').send(good)).status).toBe(403);
  });
});

describe('policy changes', () => {
  test('mode: CREDIT needs available credits or force; the same mode changes nothing', async () => {
    const { external_key } = await enrol();
    const path = `/v1/operator/accounts/${external_key}/mode`;
    const refused = await operator.post(path).send({ billing_mode: 'CREDIT', reason: 'try' });
    expect([refused.status, refused.body.code]).toEqual([409, 'credit_mode_needs_credits']);
    const forced = await operator.post(path).send({ billing_mode: 'CREDIT', force: true, reason: 'agreed' });
    expect([forced.status, forced.body.billing_mode, forced.body.version]).toEqual([200, 'CREDIT', 2]);
    const back = await operator.post(path).send({ billing_mode: 'POSTPAID', reason: 'back' });
    expect([back.status, back.body.billing_mode]).toEqual([200, 'POSTPAID']);
    await grant(external_key, 1);
    const funded = await operator.post(path).send({ billing_mode: 'CREDIT', reason: 'funded' });
    const again = await operator.post(path).send({ billing_mode: 'CREDIT', reason: 'again' });
    expect([funded.status, again.status, again.body.version]).toEqual([200, 200, funded.body.version]);
    const { body } = await viewer.get(`/v1/operator/accounts/${external_key}/timeline`);
    expect(body.items.map((row: { event_type: string }) => row.event_type)).toEqual([
      'credit_mode_enabled',
      'GRANT',
      'credit_mode_disabled',
      'credit_mode_enabled',
      'account_enrolled',
    ]);
  });

  test('suspend and reactivate, raw or percent-encoded key; a repeat changes nothing', async () => {
    const { external_key } = await enrol();
    const suspended = await operator.post(`/v1/operator/accounts/${external_key}/suspend`).send({ reason: 'unpaid' });
    expect([suspended.status, suspended.body.account_status]).toEqual([200, 'SUSPENDED']);
    const encoded = `/v1/operator/accounts/${encodeURIComponent(external_key)}`;
    const repeat = await operator.post(`${encoded}/suspend`).send({ reason: 'unpaid' });
    expect([repeat.status, repeat.body.version]).toEqual([200, suspended.body.version]);
    const back = await operator.post(`${encoded}/reactivate`).send({ reason: 'paid', version: suspended.body.version });
    expect([back.status, back.body.account_status]).toEqual([200, 'ACTIVE']);
  });

  test('409 stale_version for an edit of something older, and nothing is written', async () => {
    const { external_key } = await enrol();
    const path = `/v1/operator/accounts/${external_key}/payment-terms`;
    expect((await operator.post(path).send({ payment_terms_days: 20, reason: 'a', version: 1 })).status).toBe(200);
    const stale = await operator.post(path).send({ payment_terms_days: 40, reason: 'b', version: 1 });
    expect([stale.status, stale.body.code, stale.body.current_version]).toEqual([409, 'stale_version', 2]);
    const now = await operator.get(`/v1/operator/accounts/${external_key}`);
    expect(now.body.payment_terms_days).toBe(20);
  });

  test('400 without a reason; 401 signed out; 403 for viewers; 404 for unknown and for stub accounts', async () => {
    const { external_key } = await enrol();
    const suspend = `/v1/operator/accounts/${external_key}/suspend`;
    expect((await operator.post(suspend).send({})).status).toBe(400);
    expect((await studio.as({}).post(suspend).send({ reason: 'x' })).status).toBe(401);
    expect((await viewer.post(suspend).send({ reason: 'x' })).status).toBe(403);
    expect((await operator.post(`/v1/operator/accounts/${freshKey()}/suspend`).send({ reason: 'x' })).status).toBe(404);
    expect((await operator.get(`/v1/operator/accounts/${freshKey()}`)).status).toBe(404);
    expect((await operator.get('/v1/operator/accounts/nonsense')).status).toBe(400);
  });
});

describe('POST /v1/operator/accounts/{external_key}/grants', () => {
  test('201 once per key, in the body or the header; 422 for the key with another amount', async () => {
    const { external_key } = await enrol();
    const path = `/v1/operator/accounts/${external_key}/grants`;
    const first = await operator.post(path).set('Idempotency-Key', 'g-1').send({ amount: '2.5', reason: 'gift' });
    const repeat = await operator.post(path).send({ amount: 2.5, reason: 'gift', idempotency_key: 'g-1' });
    expect([first.status, first.body.delta, first.body.balance_after]).toEqual([201, 2.5, 2.5]);
    expect([repeat.status, repeat.body.id, repeat.headers['idempotent-replayed']]).toEqual([
      201,
      first.body.id,
      'true',
    ]);
    const other = await operator.post(path).send({ amount: 3, reason: 'gift', idempotency_key: 'g-1' });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  test('400 without key or with two keys; 401, 403 for viewers, 404 before enrolment', async () => {
    const { external_key } = await enrol();
    const path = `/v1/operator/accounts/${external_key}/grants`;
    const none = await operator.post(path).send({ amount: 1, reason: 'x' });
    expect([none.status, none.body.code]).toEqual([400, 'idempotency_key_required']);
    const two = await operator
      .post(path)
      .set('Idempotency-Key', 'a')
      .send({ amount: 1, reason: 'x', idempotency_key: 'b' });
    expect(two.status).toBe(400);
    const good = { amount: 1, reason: 'x', idempotency_key: 'k' };
    expect((await studio.as({}).post(path).send(good)).status).toBe(401);
    expect((await viewer.post(path).send(good)).status).toBe(403);
    expect((await operator.post(`/v1/operator/accounts/${freshKey()}/grants`).send(good)).status).toBe(404);
  });
});

describe('GET /v1/operator/accounts', () => {
  test.each(['external_key', 'display_name', 'available', 'enrolled_at', 'last_event_at'])(
    'paging by %s shows each account exactly once, ties included',
    async (sort) => {
      const mark = `page-${sort}`;
      const keys: string[] = [];
      for (let index = 0; index < 7; index += 1) keys.push((await enrol({ display_name: mark })).external_key);
      await grant(keys[3] as string, 5);
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const query: Record<string, string> = { q: mark, sort, limit: '3', ...(cursor && { cursor }) };
        const answer = await viewer.get('/v1/operator/accounts').query(query);
        expect(answer.status).toBe(200);
        seen.push(...answer.body.items.map((row: { external_key: string }) => row.external_key));
        cursor = answer.body.next_cursor as string | null;
      } while (cursor !== null);
      expect(seen).toHaveLength(7);
      expect(new Set(seen)).toEqual(new Set(keys));
      if (sort === 'available') expect(seen.at(-1)).toBe(keys[3]);
      if (sort === 'last_event_at') expect(seen[0]).toBe(keys[3]);
    },
  );

  test('filters by mode and status, counts all, and takes wildcard characters literally', async () => {
    const { external_key } = await enrol({ display_name: '100%_sure', billing_mode: 'CREDIT' });
    await operator.post(`/v1/operator/accounts/${external_key}/suspend`).send({ reason: 'x' });
    const found = await viewer.get('/v1/operator/accounts').query({ q: '0%_s', mode: 'CREDIT', status: 'SUSPENDED' });
    expect(found.body.items.map((row: { external_key: string }) => row.external_key)).toEqual([external_key]);
    expect(found.body.counts.CREDIT).toBeGreaterThan(0);
    expect((await viewer.get('/v1/operator/accounts').query({ q: '0%s' })).body.items).toEqual([]);
    const stubs = await viewer.get('/v1/operator/accounts').query({ status: 'UNENROLLED', sort: 'available' });
    expect(stubs.body.items.length).toBe(stubs.body.counts.UNENROLLED);
  });

  test('400 for a bad cursor, one of another order, a bad limit or filter; 401 signed out; 403 for services', async () => {
    const page = await viewer.get('/v1/operator/accounts').query({ sort: 'display_name', limit: '1' });
    const wrong = [
      { cursor: 'nonsense' },
      { cursor: Buffer.from('["1; drop table","x"]').toString('base64url') },
      { cursor: page.body.next_cursor as string, sort: 'available' },
      { limit: '0' },
      { limit: 'ten' },
      { mode: 'FREE' },
      { low_balance_below: '-1' },
      { unknown: '1' },
    ];
    for (const query of wrong) expect((await viewer.get('/v1/operator/accounts').query(query)).status).toBe(400);
    expect((await studio.as({}).get('/v1/operator/accounts')).status).toBe(401);
    expect((await v1.get('/v1/operator/accounts')).status).toBe(403);
  });
});

describe('public routes', () => {
  test('meta and health answer anybody', async () => {
    const meta = await studio.as({}).get('/v1/meta');
    expect([meta.status, meta.body]).toEqual([
      200,
      {
        app: 'tandem-studio',
        service: 'api',
        version: expect.any(String),
        env: 'dev',
        git_sha: null,
        build_time: null,
      },
    ]);
    const health = await studio.as({}).get('/v1/health');
    expect([health.status, health.body.ok]).toEqual([200, true]);
    for (const path of ['/health', '/readyz', '/metrics', '/docs-json']) {
      expect((await studio.as({}).get(path)).status).toBe(200);
    }
  });
});
