import { ServiceTokens } from '@tandem/platform/identity/service-tokens';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Agent, Response } from 'supertest';
import { V1_SCOPES, startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
let admin: Agent;
let operator: Agent;
let viewer: Agent;

const PATH = '/v1/operator/service-tokens';
const STATUS = '/v1/billing/accounts/status?external_key=v1:partner:77';

interface Issued {
  id: string;
  token: string;
  [field: string]: unknown;
}

const issue = (fields: object = {}, who = admin) =>
  who.post(PATH).send({ client: 'v1', scopes: V1_SCOPES, namespace: 'v1:', reason: 'deploy', ...fields });
const issued = async (fields: object = {}): Promise<Issued> => (await issue(fields).expect(201)).body;
const rotate = (id: string, fields: object = {}) =>
  admin.post(`${PATH}/${id}/rotate`).send({ reason: 'yearly', ...fields });
const revoke = (id: string) => admin.post(`${PATH}/${id}/revoke`).send({ reason: 'leaked' });
const calling = (token: string, where = studio) => where.as({ 'x-service-token': token });
const listed = async (id: string) =>
  (await admin.get(PATH).expect(200)).body.items.find((row: { id: string }) => row.id === id) as Issued;
const outcome = ({ status, body }: Response): unknown[] => [status, body.code];

beforeAll(async () => {
  studio = await startStudio();
  admin = studio.as(await studio.operator('admin'));
  operator = studio.as(await studio.operator());
  viewer = studio.as(await studio.operator('viewer'));
  const fields = { external_key: 'v1:partner:77', display_name: 'P', billing_mode: 'CREDIT' };
  await operator.post('/v1/operator/accounts').send(fields).expect(201);
  const grant = { amount: 1000, reason: 'test', idempotency_key: 'g' };
  await operator.post('/v1/operator/accounts/v1:partner:77/grants').send(grant).expect(201);
});
afterAll(() => studio.close());

describe('issue', () => {
  test('201 with the token, shown this once; it works, and the list has its last use but no secret', async () => {
    const fresh = await issued();
    expect(fresh).toMatchObject({
      client: 'v1',
      status: 'ACTIVE',
      namespace: 'v1:',
      expires_at: null,
      last_used_at: null,
    });
    expect(fresh.token).toMatch(/^tdm_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    await calling(fresh.token).get(STATUS).expect(200);
    const list = await admin.get(PATH).expect(200);
    expect(JSON.stringify(list.body)).not.toContain(fresh.token.slice(21));
    expect(Object.keys(await listed(fresh.id))).not.toContain('token');
    // The mark is written beside the request.
    let used = await listed(fresh.id);
    for (let tries = 0; used.last_used_at === null && tries < 200; tries += 1) used = await listed(fresh.id);
    expect(used.last_used_at).toEqual(expect.any(String));
  });

  test('a token ends at its time', async () => {
    const fresh = await issued({ expires_at: new Date(Date.now() + 60_000).toISOString() });
    await studio.pool.query("UPDATE service_tokens SET expires_at = now() - interval '1 s' WHERE id = $1", [fresh.id]);
    expect(outcome(await calling(fresh.token).get(STATUS))).toEqual([401, 'INVALID_STUDIO_SERVICE_TOKEN']);
    expect((await listed(fresh.id)).status).toBe('EXPIRED');
  });

  test('400 for what no token may have, and nothing is issued', async () => {
    const before = (await admin.get(PATH)).body.items.length as number;
    const wrong = [
      { scopes: ['everything'] },
      { scopes: [] },
      { scopes: ['status:read', 'status:read'] },
      { namespace: 'v1' },
      { namespace: 'v3:' },
      { namespace: '' },
      { namespace: 'v1:nobody:' },
      { client: 'operator' },
      { client: 'operator-approval' },
      { client: 'studio' },
      { client: 'V1 ' },
      { client: '' },
      { expires_at: '2020-01-01T00:00:00Z' },
      { expires_at: 'soon' },
      { reason: ' ' },
      { secret: 'mine' },
    ];
    for (const fields of wrong) expect((await issue(fields)).status).toBe(400);
    expect((await admin.get(PATH)).body.items).toHaveLength(before);
  });

  test('403 for a token that decides about credits, and the attempt is in the trail: no person holds one alone', async () => {
    const before = (await admin.get(PATH)).body.items.length as number;
    for (const scopes of [['credits:manage'], ['status:read', 'credits:manage']]) {
      for (const namespace of ['v1:', 'v2:', null]) {
        expect(outcome(await issue({ client: 'shop', scopes, namespace }))).toEqual([403, 'forbidden']);
      }
    }
    expect((await admin.get(PATH)).body.items).toHaveLength(before);
    const { body } = await admin.get('/v1/operator/audit').query({ act: `POST ${PATH}`, phase: 'REFUSED' });
    expect(body.items).toHaveLength(6);
  });

  test('403 for the successor of such a token: whoever rotates it would be shown it', async () => {
    const made = await studio.app
      .get(ServiceTokens)
      .issue({ client: 'shop', scopes: ['credits:manage'], namespace: null });
    const rotated = await admin.post(`${PATH}/${made.id}/rotate`).send({ reason: 'routine' });
    expect(outcome(rotated)).toEqual([403, 'forbidden']);
  });

  test('the table refuses it too, whoever writes', async () => {
    const insert = (client: string, scopes: string, namespace: string) =>
      studio.pool.query(
        `INSERT INTO service_tokens (id, client, secret_hash, scopes, namespace) VALUES ('00000000000000ff', $1, '', $2, $3)`,
        [client, scopes, namespace],
      );
    await expect(insert('v1', '{credits:manage}', 'v1:')).rejects.toMatchObject({ code: '23514' });
    await expect(insert('operator', '{status:read}', 'v2:')).rejects.toMatchObject({ code: '23514' });
  });

  test('administrators only: 403 for everybody else, 401 signed out', async () => {
    const { id, token } = await issued();
    for (const who of [operator, viewer, calling(token)]) {
      expect(outcome(await issue({}, who))).toEqual([403, 'forbidden']);
      expect(outcome(await who.get(PATH))).toEqual([403, 'forbidden']);
      for (const act of ['rotate', 'revoke']) {
        expect(outcome(await who.post(`${PATH}/${id}/${act}`).send({ reason: 'x' }))).toEqual([403, 'forbidden']);
      }
    }
    expect((await studio.as({}).get(PATH)).status).toBe(401);
    await calling(token).get(STATUS).expect(200);
  });
});

describe('rotation', () => {
  test('two are valid at once, the old one gets an end; the successor has the same rights and client', async () => {
    const old = await issued({ scopes: ['status:read'] });
    const fresh: Issued = (await rotate(old.id, { overlap_minutes: 5 }).expect(201)).body;
    expect(fresh).toMatchObject({ client: 'v1', scopes: ['status:read'], namespace: 'v1:', status: 'ACTIVE' });
    for (const { token } of [old, fresh]) await calling(token).get(STATUS).expect(200);
    const replaced = await listed(old.id);
    expect(replaced).toMatchObject({ status: 'REPLACED', replaced_by: fresh.id });
    const left = new Date(replaced.expires_at as string).getTime() - Date.now();
    expect(Math.round(left / 60_000)).toBe(5);
  });

  test('never gives an old token more time than it had', async () => {
    const end = new Date(Date.now() + 60_000).toISOString();
    const old = await issued({ expires_at: end });
    await rotate(old.id, { overlap_minutes: 60 }).expect(201);
    expect((await listed(old.id)).expires_at).toBe(end);
  });

  test('a token has one successor, also for two rotations at once; 409 for a revoked one, 404 for none', async () => {
    const old = await issued();
    const answers = await Promise.all(Array.from({ length: 5 }, () => rotate(old.id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    const ended = await issued();
    await revoke(ended.id).expect(200);
    expect(outcome(await rotate(ended.id))).toEqual([409, 'invalid_transition']);
    expect(outcome(await rotate('0000000000000000'))).toEqual([404, 'not_found']);
    expect((await rotate(old.id, { overlap_minutes: 0 })).status).toBe(400);
  });

  test('under load no call fails, and the client’s keys stay its own: a repeat under the new token is a replay', async () => {
    const old = await issued();
    let current = old.token;
    let isOver = false;
    const statuses: number[] = [];
    const worker = async (name: number): Promise<void> => {
      for (let turn = 0; !isOver; turn += 1) {
        const key = `load-${name}-${turn}`;
        const body = {
          external_key: 'v1:partner:77',
          ref_type: 'job',
          ref_id: key,
          amount: '0.001',
          idempotency_key: key,
        };
        const before = await calling(current).post('/v1/billing/credits/reserve').send(body);
        const after = await calling(current).post('/v1/billing/credits/reserve').send(body);
        statuses.push(before.status, after.status);
        if (before.body.id !== after.body.id) statuses.push(0);
      }
    };
    const workers = Array.from({ length: 6 }, (_, name) => worker(name));
    for (let turn = 0, id = old.id; turn < 5; turn += 1) {
      const enough = statuses.length + 40;
      while (statuses.length < enough) await calling(current).get(STATUS).expect(200);
      const fresh: Issued = (await rotate(id, { overlap_minutes: 1 }).expect(201)).body;
      current = fresh.token;
      id = fresh.id;
    }
    isOver = true;
    await Promise.all(workers);
    expect(statuses.length).toBeGreaterThan(200);
    expect(statuses.filter((status) => status !== 201)).toEqual([]);
  });
});

describe('revocation', () => {
  test('ends a token here at once and on another instance within two seconds, once', async () => {
    const other = await startStudio({ database: studio.database });
    try {
      const fresh = await issued();
      for (const where of [studio, other]) await calling(fresh.token, where).get(STATUS).expect(200);
      const first = await revoke(fresh.id);
      const endedAt = Date.now();
      expect([first.status, first.body.status]).toEqual([200, 'REVOKED']);
      expect((await calling(fresh.token).get(STATUS)).status).toBe(401);
      let status = 200;
      while (status === 200 && Date.now() - endedAt < 5000) {
        ({ status } = await calling(fresh.token, other).get(STATUS));
      }
      expect(status).toBe(401);
      expect(Date.now() - endedAt).toBeLessThan(2500);
      const again = await revoke(fresh.id);
      expect([again.status, again.body.revoked_at]).toEqual([200, first.body.revoked_at]);
      expect(outcome(await revoke('0000000000000000'))).toEqual([404, 'not_found']);
    } finally {
      await other.close();
    }
  });
});

describe('what is kept', () => {
  test('a dump of the table yields no usable token', async () => {
    const fresh = await issued();
    const { rows } = await studio.pool.query<{ dump: string; hash: Buffer }>(
      'SELECT t::text AS dump, secret_hash AS hash FROM service_tokens t WHERE id = $1',
      [fresh.id],
    );
    const [{ dump, hash }] = rows as [{ dump: string; hash: Buffer }];
    expect(dump).not.toContain(fresh.token.slice(21));
    const made = [hash.toString('base64url'), hash.toString('hex'), hash.toString('hex').slice(0, 43), 'A'.repeat(43)];
    for (const secret of made) expect((await calling(`tdm_${fresh.id}_${secret}`).get(STATUS)).status).toBe(401);
  });

  test('secrets of any length are refused, never an error', async () => {
    const { id, token } = await issued();
    for (let length = 0; length <= 200; length += 1) {
      const answer = await calling(`tdm_${id}_${'x'.repeat(length)}`).get(STATUS);
      if (answer.status !== 401) expect([length, answer.status]).toEqual([length, 401]);
    }
    for (const wrong of [`${token}x`, token.slice(0, -1), `x${token}`, token.toUpperCase()]) {
      expect((await calling(wrong).get(STATUS)).status).toBe(401);
    }
  });

  test('the trail has who, why and what, and no secret', async () => {
    const fresh = await issued({ reason: 'for the trail' });
    await revoke(fresh.id).expect(200);
    const { body } = await admin
      .get('/v1/operator/audit')
      .query({ target: `service-token:${fresh.id}` })
      .expect(200);
    expect(body.items.map((row: { act: string }) => row.act)).toEqual([
      'service_token_revoked',
      'service_token_issued',
    ]);
    expect(body.items[1]).toMatchObject({
      actor: 'admin-1@studio.test',
      reason: 'for the trail',
      after: { client: 'v1', scopes: V1_SCOPES, namespace: 'v1:' },
    });
    const { rows } = await studio.pool.query<{ dump: string }>(
      "SELECT string_agg(a::text, '') AS dump FROM audit_entries a",
    );
    expect(rows[0]?.dump).not.toContain(fresh.token.slice(21));
  });

  test('the person a service acts for, and why, are kept with the movement', async () => {
    const v1 = calling((await issued()).token);
    const work = { external_key: 'v1:partner:77', ref_type: 'job', ref_id: 'acting' };
    const by = { acting_user: 'priya@v1.test', reason: 'approved the report' };
    await v1
      .post('/v1/billing/credits/reserve')
      .send({ ...work, ...by, amount: 1, idempotency_key: 'a-1' })
      .expect(201);
    await v1
      .post('/v1/billing/credits/consume')
      .send({ ...work, ...by, idempotency_key: 'a-2' })
      .expect(201);
    const ledger = await v1.get('/v1/billing/credits/ledger').query({ external_key: 'v1:partner:77', limit: '2' });
    for (const { metadata_json } of ledger.body.items as { metadata_json: object }[]) {
      expect(metadata_json).toMatchObject({
        client: 'v1',
        acting_user: 'priya@v1.test',
        reason: 'approved the report',
      });
    }
  });
});
