import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Agent } from 'supertest';
import { startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
let admin: Agent;
let operator: Agent;
let viewer: Agent;
let nextId = 1;

interface Line {
  id: string;
  act: string;
  phase: string;
  actor: string;
  actor_role: string;
  code: string | null;
  [field: string]: unknown;
}

async function enrol(): Promise<string> {
  const external_key = `v1:partner:${(nextId += 1)}`;
  const fields = { external_key, display_name: external_key, reason: 'new partner' };
  await operator.post('/v1/operator/accounts').set('X-Request-Id', `enrol-${nextId}`).send(fields).expect(201);
  return external_key;
}

/** Lines of the trail, oldest first. */
async function trail(query: Record<string, string>): Promise<Line[]> {
  return ((await admin.get('/v1/operator/audit').query(query).expect(200)).body.items as Line[]).reverse();
}

/** Comes back when somebody waits for a lock of this kind. */
async function expectWaiting(locktype: string): Promise<void> {
  const waiting = `SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                    WHERE NOT granted AND locktype = $1 AND datname = current_database()`;
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await studio.pool.query(waiting, [locktype])).rows.length > 0) return;
  }
  throw new Error('nobody waits');
}

const verification = async () => (await admin.get('/v1/operator/audit/verification').expect(200)).body;

/** Runs statements as somebody who owns the database and has put its triggers aside. */
async function tamper(...statements: string[]): Promise<void> {
  const client = await studio.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    for (const statement of statements) await client.query(statement);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

beforeAll(async () => {
  studio = await startStudio({ env: { STUDIO_DAILY_CREDITS_PER_OPERATOR: '1000' } });
  admin = studio.as(await studio.operator('admin'));
  operator = studio.as(await studio.operator());
  viewer = studio.as(await studio.operator('viewer'));
});
afterAll(() => studio.close());

describe('what is done', () => {
  test('a policy change has one line: who, role, why, before, after, and the request it came by', async () => {
    const key = await enrol();
    await operator
      .post(`/v1/operator/accounts/${key}/payment-terms`)
      .set('X-Request-Id', 'terms-request')
      .send({ payment_terms_days: 30, reason: 'agreed by mail' })
      .expect(200);
    const lines = await trail({ target: key });
    expect(lines).toEqual([
      expect.objectContaining({ act: 'enrolled', phase: 'DONE', request_id: `enrol-${nextId}`, reason: 'new partner' }),
      expect.objectContaining({
        act: 'payment_terms_changed',
        phase: 'DONE',
        actor: 'operator-2@studio.test',
        actor_role: 'operator',
        target: key,
        reason: 'agreed by mail',
        code: null,
        request_id: 'terms-request',
        before: { payment_terms_days: 15 },
        after: { payment_terms_days: 30 },
      }),
    ]);
  });

  test('an act on the ledger has an intent before it and its outcome after it; a repeat adds nothing', async () => {
    const key = await enrol();
    const body = { amount: '2.5', reason: 'gift', idempotency_key: 'gift' };
    const granted = await operator.post(`/v1/operator/accounts/${key}/grants`).send(body).expect(201);
    await operator.post(`/v1/operator/accounts/${key}/grants`).send(body).expect(201);
    const [intent, done, ...more] = await trail({ target: key, act: 'grant' });
    expect(more).toEqual([]);
    expect(intent).toMatchObject({ phase: 'INTENT', after: { amount: '2500000', idempotency_key: 'gift' } });
    expect(done).toMatchObject({
      phase: 'DONE',
      act_id: intent?.act_id,
      request_digest: intent?.request_digest,
      before: { balance_micro: '0', reserved_micro: '0' },
      after: { balance_micro: '2500000', reserved_micro: '0', entry_id: granted.body.id },
    });
  });

  test('a change that is rolled back leaves no line of having been done', async () => {
    const key = await enrol();
    await operator.post(`/v1/operator/accounts/${key}/suspend`).send({ reason: 'x', version: 9 }).expect(409);
    expect((await trail({ target: key })).map(({ phase, code }) => [phase, code])).toEqual([
      ['DONE', null],
      ['REFUSED', 'stale_version'],
    ]);
  });
});

describe('somebody who writes the trail and commits late', () => {
  test.each([
    ['suspend', { reason: 'x' }],
    ['payment-terms', { payment_terms_days: 60, reason: 'x' }],
  ])('keeps a policy change (%s) waiting, but not the credits of its account', async (act, body) => {
    const key = await enrol();
    const holder = await studio.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query("SELECT pg_advisory_xact_lock(hashtextextended('tandem audit trail', 0))");
      const change = operator.post(`/v1/operator/accounts/${key}/${act}`).send(body);
      const changed = change.then(({ status }) => status);
      await expectWaiting('advisory');
      const wallet = 'SELECT 1 FROM accounts JOIN wallets USING (account_id) WHERE external_key = $1 FOR UPDATE NOWAIT';
      await expect(studio.pool.query(wallet, [key])).resolves.toMatchObject({ rowCount: 1 });
      await holder.query('COMMIT');
      expect(await changed).toBe(200);
    } finally {
      holder.release(true);
    }
  });
});

describe('what is refused', () => {
  test('again and again by one who may only look fills neither the table nor a line', async () => {
    const key = await enrol();
    const persistent = studio.as(await studio.operator('viewer'));
    const body = { amount: 1, idempotency_key: 'x', reason: 'x'.repeat(50_000) };
    for (let n = 0; n < 50; n += 1) {
      await persistent.post(`/v1/operator/accounts/${key}/adjustments`).send(body).expect(403);
    }
    const lines = await trail({ target: key, phase: 'REFUSED' });
    // A minute may end in between.
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(lines).toContainEqual(expect.objectContaining({ after: { further_refusals: expect.any(String) } }));
    expect(new Set(lines.map(({ reason }) => (reason as string).length))).toEqual(new Set([1000]));
    const { rows } = await studio.pool.query('SELECT count(*)::int AS all FROM audit_entries WHERE target = $1', [key]);
    expect(rows).toEqual([{ all: lines.length + 1 }]);
  });

  test('a role that is not enough, on writes and on reads, with the reason given', async () => {
    const key = await enrol();
    const body = { amount: 5, reason: 'please', idempotency_key: 'k' };
    await viewer.post(`/v1/operator/accounts/${key}/grants`).set('X-Request-Id', 'try-1').send(body).expect(403);
    await operator.get('/v1/operator/audit').expect(403);
    expect(await trail({ target: key, phase: 'REFUSED' })).toEqual([
      expect.objectContaining({
        act: 'POST /v1/operator/accounts/:external_key/grants',
        actor: 'viewer-3@studio.test',
        actor_role: 'viewer',
        code: 'forbidden',
        reason: 'please',
        request_id: 'try-1',
        request_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      }),
    ]);
    expect(await trail({ target: '/v1/operator/audit' })).toEqual([
      expect.objectContaining({ actor: 'operator-2@studio.test', code: 'forbidden' }),
    ]);
  });

  test('a service on an operator’s route, by its client name', async () => {
    const key = await enrol();
    const v1 = studio.as(await studio.serviceToken());
    await v1.post(`/v1/operator/accounts/${key}/grants`).send({ amount: 5, reason: 'x' }).expect(403);
    expect(await trail({ target: key, phase: 'REFUSED' })).toEqual([
      expect.objectContaining({ actor: 'v1', actor_role: 'service', code: 'forbidden' }),
    ]);
  });

  test('a conflict, and an act the ledger refuses, each once', async () => {
    const key = await enrol();
    const fields = { external_key: key, display_name: key, reason: 'again' };
    await operator.post('/v1/operator/accounts').send(fields).expect(409);
    expect(await trail({ target: '/v1/operator/accounts', phase: 'REFUSED' })).toEqual([
      expect.objectContaining({ code: 'already_exists', reason: 'again' }),
    ]);
    const missing = '01900000-0000-7000-8000-000000000001';
    await operator
      .post(`/v1/operator/accounts/${key}/reservations/${missing}/release`)
      .send({ reason: 'x', idempotency_key: 'k' })
      .expect(404);
    const lines = await trail({ target: key, act: 'release' });
    expect(lines.map(({ phase, code }) => [phase, code])).toEqual([
      ['INTENT', null],
      ['REFUSED', 'reservation_not_found'],
    ]);
  });

  test('the limit of the day: the attempt is there, and no intent', async () => {
    const key = await enrol();
    const grant = { amount: 1001, reason: 'too much', idempotency_key: 'k' };
    await operator.post(`/v1/operator/accounts/${key}/grants`).send(grant).expect(403);
    const lines = await trail({ target: key });
    expect(lines.map(({ phase, code }) => [phase, code])).toEqual([
      ['DONE', null],
      ['REFUSED', 'daily_limit_exceeded'],
    ]);
  });

  test('nobody known leaves no line', async () => {
    const before = (await verification()).entries as number;
    await studio.as({}).post('/v1/operator/accounts/v1:partner:1/grants').send({}).expect(401);
    expect((await verification()).entries).toBe(before);
  });
});

describe('GET /v1/operator/audit', () => {
  test('filters by actor, act, time; pages show each line once; 400 for bad filters; administrators only', async () => {
    const key = await enrol();
    for (const days of [20, 30, 40]) {
      const body = { payment_terms_days: days, reason: `to ${days}` };
      await operator.post(`/v1/operator/accounts/${key}/payment-terms`).send(body).expect(200);
    }
    const all = await trail({ target: key });
    const pages: Line[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { target: key, limit: '3', ...(cursor && { cursor }) };
      const { body } = await admin.get('/v1/operator/audit').query(query).expect(200);
      pages.push(...(body.items as Line[]));
      cursor = body.next_cursor as string | null;
    } while (cursor !== null);
    expect(pages.reverse()).toEqual(all);
    const since = all[2]?.recorded_at as string;
    expect(await trail({ target: key, from: since, actor: 'operator-2@studio.test' })).toEqual(all.slice(2));
    expect(await trail({ target: key, until: since })).toEqual(all.slice(0, 2));
    for (const query of [{ phase: 'MAYBE' }, { from: 'yesterday' }, { act_id: '7' }, { cursor: 'x' }, { who: 'me' }]) {
      await admin.get('/v1/operator/audit').query(query).expect(400);
    }
    for (const path of ['', '/verification']) {
      for (const who of [operator, viewer]) await who.get(`/v1/operator/audit${path}`).expect(403);
      await studio.as({}).get(`/v1/operator/audit${path}`).expect(401);
    }
  });
});

describe('the chain', () => {
  test('lines written at once by many all fit', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => enrol()));
    await Promise.all(
      keys.map((key) => operator.post(`/v1/operator/accounts/${key}/suspend`).send({ reason: 'race' }).expect(200)),
    );
    expect(await verification()).toMatchObject({ ok: true, broken_count: 0, head: { digest: expect.any(String) } });
  });

  test.each(['UPDATE audit_entries SET reason = reason', 'DELETE FROM audit_entries', 'TRUNCATE audit_entries'])(
    'the database refuses %s, for its owner too',
    async (statement) => {
      await expect(studio.pool.query(statement)).rejects.toMatchObject({ code: '42501' });
    },
  );

  test('a changed line is found, whatever was changed', async () => {
    const [{ day, position }] = (
      await studio.pool.query(
        'SELECT day::text AS day, position FROM audit_entries ORDER BY day, position OFFSET 2 LIMIT 1',
      )
    ).rows as [{ day: string; position: string }];
    const where = `WHERE day = '${day}' AND position = ${position}`;
    for (const [change, back] of [
      ["actor = 'somebody.else@studio.test'", 'actor'],
      ["reason = 'another reason'", 'reason'],
      ["after = '{}'", 'after'],
      ["recorded_at = recorded_at + interval '1 microsecond'", 'recorded_at'],
    ] as const) {
      await studio.pool.query(`CREATE TABLE kept AS SELECT ${back} FROM audit_entries ${where}`);
      await tamper(`UPDATE audit_entries SET ${change} ${where}`);
      expect(await verification()).toMatchObject({
        ok: false,
        broken_count: 1,
        broken: [{ day, position: Number(position), fault: 'content changed' }],
      });
      await tamper(`UPDATE audit_entries SET ${back} = (SELECT ${back} FROM kept) ${where}`);
      await studio.pool.query('DROP TABLE kept');
      expect(await verification()).toMatchObject({ ok: true });
    }
  });

  test('a line made to fit again breaks the one after it; a missing line breaks the one after it', async () => {
    await tamper(
      `CREATE TABLE kept AS SELECT * FROM audit_entries ORDER BY day, position OFFSET 3 LIMIT 1`,
      `UPDATE audit_entries e SET reason = 'rewritten' FROM kept WHERE e.entry_id = kept.entry_id`,
      `UPDATE audit_entries e SET digest = audit_digest(e) FROM kept WHERE e.entry_id = kept.entry_id`,
    );
    expect((await verification()).broken).toEqual([
      expect.objectContaining({ position: 5, fault: 'entry before it changed or missing' }),
    ]);
    await tamper('DELETE FROM audit_entries e USING kept WHERE e.entry_id = kept.entry_id');
    expect((await verification()).broken).toEqual([
      expect.objectContaining({ position: 5, fault: 'entry before it changed or missing' }),
    ]);
    await tamper('INSERT INTO audit_entries SELECT * FROM kept', 'DROP TABLE kept');
    expect(await verification()).toMatchObject({ ok: true });
  });

  test('a long trail is proved in steps, and a line that does not fit is found wherever a step ends', async () => {
    const { entries } = await verification();
    await studio.pool.query(
      `INSERT INTO audit_entries (entry_id, act, phase, actor, target)
       SELECT gen_random_uuid(), 'filled', 'DONE', 'test', 'test' FROM generate_series(1, 4500)`,
    );
    expect(await verification()).toMatchObject({ ok: true, entries: entries + 4500 });
    const places = [1999, 2000, 2001, 3999, 4000, 4001];
    await tamper(
      `CREATE TABLE kept AS SELECT day, position, digest FROM (
         SELECT *, row_number() OVER (ORDER BY day, position) AS place FROM audit_entries) e WHERE place IN (${places.join()})`,
      `UPDATE audit_entries e SET digest = sha256(e.digest) FROM kept k WHERE (k.day, k.position) = (e.day, e.position)`,
    );
    const { rows } = await studio.pool.query<{ day: string; position: string }>(
      'SELECT day::text AS day, position FROM kept ORDER BY 1, kept.position',
    );
    const { broken, broken_count: count } = (await verification()) as { broken: unknown[]; broken_count: number };
    // Each of them, and the line after each run of three.
    expect(count).toBe(8);
    for (const { day, position } of rows) {
      expect(broken).toContainEqual({ day, position: Number(position), fault: 'content changed' });
    }
    expect(broken).toContainEqual(expect.objectContaining({ fault: 'entry before it changed or missing' }));
    await tamper(
      `UPDATE audit_entries e SET digest = k.digest FROM kept k WHERE (k.day, k.position) = (e.day, e.position)`,
      'DROP TABLE kept',
    );
    expect(await verification()).toMatchObject({ ok: true, head: { digest: expect.any(String) } });
  });
});
