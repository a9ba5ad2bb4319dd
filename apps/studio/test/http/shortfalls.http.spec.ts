import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Agent, Response } from 'supertest';
import { startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
let v1: Agent;
let admin: Agent;
let operator: Agent;
let viewer: Agent;
let nextId = 1;

interface Row {
  id: string;
  status: string;
  [field: string]: unknown;
}

/** A delivery of 4 credits of which nothing could be paid. */
async function shortfall(external_key = `v1:partner:${(nextId += 1)}`): Promise<{ key: string; id: string }> {
  const fields = { external_key, display_name: external_key, billing_mode: 'CREDIT', reason: 'test' };
  await operator.post('/v1/operator/accounts').send(fields).expect(201);
  const anyone = studio.as(await studio.serviceToken({ namespace: null }));
  const settle = { ref_type: 'job', ref_id: '1', amount: 4, on_missing_hold: 'settle', idempotency_key: 'c-1' };
  const answer = await anyone.post('/v1/billing/credits/consume').send({ external_key, ...settle });
  expect([answer.status, answer.body.status]).toEqual([201, 'SHORTFALL']);
  return { key: external_key, id: answer.body.shortfall.id as string };
}

const claim = (id: string, invoice_ref = 'invoice:1', who = v1) =>
  who.post(`/v1/billing/shortfalls/${id}/claim`).send({ invoice_ref, acting_user: 'priya@v1.test' });
const waive = ({ key, id }: { key: string; id: string }, who = operator) =>
  who.post(`/v1/operator/accounts/${key}/shortfalls/${id}/waive`).send({ reason: 'goodwill' });
const recover = ({ key, id }: { key: string; id: string }) =>
  operator
    .post(`/v1/operator/accounts/${key}/shortfalls/${id}/recover`)
    .send({ reason: 'topped up', idempotency_key: `recover-${id}` });
const outcome = ({ status, body }: Response): unknown[] => [status, body.code ?? body.status];

beforeAll(async () => {
  studio = await startStudio();
  v1 = studio.as(await studio.serviceToken());
  admin = studio.as(await studio.operator('admin'));
  operator = studio.as(await studio.operator());
  viewer = studio.as(await studio.operator('viewer'));
});
afterAll(() => studio.close());

describe('POST /v1/billing/shortfalls/{id}/claim', () => {
  test('200 for the first invoice and again for the same one; 409 for another, which learns whose it is', async () => {
    const { key, id } = await shortfall();
    const first = await claim(id);
    expect([first.status, first.body]).toEqual([
      200,
      expect.objectContaining({
        id,
        external_key: key,
        status: 'CLAIMED_BY_INVOICE',
        invoice_ref: 'invoice:1',
        amount: 4,
      }),
    ]);
    const again = await claim(id);
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([200, first.body, 'true']);
    const other = await claim(id, 'invoice:2');
    expect([...outcome(other), other.body.invoice_ref]).toEqual([409, 'shortfall_not_open', 'invoice:1']);
  });

  test('the person V1 acts for is in the trail, once', async () => {
    const { key, id } = await shortfall();
    await claim(id).expect(200);
    await claim(id).expect(200);
    const { body } = await admin.get('/v1/operator/audit').query({ target: key, act: 'shortfall_claimed' });
    expect(body.items).toEqual([
      expect.objectContaining({ actor: 'priya@v1.test', actor_role: 'service v1', phase: 'DONE' }),
    ]);
  });

  test('400 for a bad reference; 401 without a token; 403 without the scope and for people; 404 when it is not there', async () => {
    const { id } = await shortfall();
    expect((await claim(id, 'two words')).status).toBe(400);
    expect((await claim('nonsense')).status).toBe(400);
    expect((await claim(id, 'invoice:1', studio.as({}))).status).toBe(401);
    expect((await claim(id, 'invoice:1', operator)).status).toBe(403);
    const narrow = studio.as(await studio.serviceToken({ scopes: ['status:read'] }));
    expect((await claim(id, 'invoice:1', narrow)).status).toBe(403);
    const missing = await claim('01900000-0000-7000-8000-000000000001');
    const foreign = await claim((await shortfall('v2:tenant:t1')).id);
    for (const answer of [missing, foreign]) expect(outcome(answer)).toEqual([404, 'shortfall_not_found']);
    expect(foreign.body.detail).toBe(missing.body.detail);
  });
});

describe('a shortfall leaves OPEN once', () => {
  test('waived: with the reason; nothing may claim, waive or pay it any more', async () => {
    const short = await shortfall();
    const waived = await waive(short);
    expect([waived.status, waived.body]).toEqual([
      200,
      expect.objectContaining({ status: 'WAIVED', closed_by: 'operator-2@studio.test', closed_reason: 'goodwill' }),
    ]);
    for (const answer of [await waive(short), await claim(short.id), await recover(short)]) {
      expect(outcome(answer)).toEqual([409, 'shortfall_not_open']);
    }
  });

  test('403 for viewers, 401 signed out, 400 without a reason, 404 under another account', async () => {
    const short = await shortfall();
    const other = await shortfall();
    expect((await waive(short, viewer)).status).toBe(403);
    expect((await waive(short, studio.as({}))).status).toBe(401);
    const path = `/v1/operator/accounts/${short.key}/shortfalls/${short.id}/waive`;
    expect((await operator.post(path).send({ reason: ' ' })).status).toBe(400);
    expect(outcome(await waive({ key: other.key, id: short.id }))).toEqual([404, 'shortfall_not_found']);
  });

  test('invoices, a waiver and a payment at once: one of them has it, and the books agree', async () => {
    for (let round = 0; round < 10; round += 1) {
      const short = await shortfall();
      await operator
        .post(`/v1/operator/accounts/${short.key}/grants`)
        .send({ amount: 10, reason: 'test', idempotency_key: 'g' })
        .expect(201);
      const answers = await Promise.all([
        claim(short.id, 'invoice:1'),
        recover(short),
        claim(short.id, 'invoice:2'),
        waive(short),
      ]);
      const winners = answers.filter(({ status }) => status < 300);
      expect([winners.length, answers.filter(({ status }) => status === 409).length]).toEqual([1, 3]);
      const paid = answers[1]?.status === 201;
      const { body } = await operator.get(`/v1/operator/accounts/${short.key}`);
      expect(body.credit.wallet).toBe(paid ? 6 : 10);
    }
  });
});

describe('lists', () => {
  test('services see their namespace, operators all; by status and account, page by page', async () => {
    const mine = [await shortfall(), await shortfall(), await shortfall()];
    const foreign = await shortfall('v2:tenant:t2');
    await waive(mine[1] as { key: string; id: string }).expect(200);
    const all: Row[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: '2', ...(cursor && { cursor }) };
      const { body } = await v1.get('/v1/billing/shortfalls').query(query).expect(200);
      all.push(...(body.items as Row[]));
      cursor = body.next_cursor as string | null;
    } while (cursor !== null);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.slice(0, 3).map(({ id }) => id)).toEqual(mine.map(({ id }) => id).reverse());
    expect(all.some(({ id }) => id === foreign.id)).toBe(false);
    const open = await v1.get('/v1/billing/shortfalls').query({ status: 'OPEN', limit: '100' });
    expect((open.body.items as Row[]).every(({ status }) => status === 'OPEN')).toBe(true);
    expect((await v1.get('/v1/billing/shortfalls').query({ external_key: foreign.key })).status).toBe(403);
    const seen = await viewer.get('/v1/operator/shortfalls').query({ external_key: foreign.key }).expect(200);
    expect(seen.body.items).toEqual([expect.objectContaining({ id: foreign.id })]);
    for (const query of [{ status: 'LOST' }, { cursor: 'x' }, { external_key: 'nobody' }, { limit: '0' }]) {
      expect((await v1.get('/v1/billing/shortfalls').query(query)).status).toBe(400);
    }
    expect((await studio.as({}).get('/v1/billing/shortfalls')).status).toBe(401);
    expect((await operator.get('/v1/billing/shortfalls')).status).toBe(403);
    expect((await v1.get('/v1/operator/shortfalls')).status).toBe(403);
  });
});
