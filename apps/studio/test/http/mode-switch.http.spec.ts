import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Agent, Response } from 'supertest';
import { startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
let v1: Agent;
let operator: Agent;
let viewer: Agent;
let nextId = 1;

type Mode = 'POSTPAID' | 'CREDIT';

async function enrol(billing_mode: Mode, credits = 0): Promise<string> {
  const external_key = `v1:partner:${(nextId += 1)}`;
  await operator
    .post('/v1/operator/accounts')
    .send({ external_key, display_name: external_key, billing_mode })
    .expect(201);
  if (credits > 0) await grant(external_key, credits);
  return external_key;
}

async function grant(key: string, amount: number): Promise<void> {
  const body = { amount, reason: 'test', idempotency_key: `grant-${(nextId += 1)}` };
  await operator.post(`/v1/operator/accounts/${key}/grants`).send(body).expect(201);
}

/** Work accepted, delivered or cancelled in V1. */
async function send(act: 'reserve' | 'consume' | 'release', external_key: string, ref_id: string, amount?: number) {
  const body = { external_key, ref_type: 'job', ref_id, amount, idempotency_key: `${act}-${ref_id}` };
  return v1.post(`/v1/billing/credits/${act}`).send(body);
}

const rehearse = async (key: string, billing_mode: Mode, who = viewer) =>
  who.get(`/v1/operator/accounts/${key}/mode/rehearsal`).query({ billing_mode });
const change = (key: string, billing_mode: Mode, fields: object = {}) =>
  operator.post(`/v1/operator/accounts/${key}/mode`).send({ billing_mode, reason: 'agreed', ...fields });
const outcome = ({ status, body }: Response): unknown[] => [status, body.code ?? body.billing_mode];

beforeAll(async () => {
  studio = await startStudio();
  v1 = studio.as(await studio.serviceToken());
  operator = studio.as(await studio.operator());
  viewer = studio.as(await studio.operator('viewer'));
});
afterAll(() => studio.close());

describe('the rehearsal of a switch to CREDIT', () => {
  test('shows work in flight, what holding it would take, and how past work would have been paid', async () => {
    const key = await enrol('POSTPAID', 7);
    for (const [ref, amount] of [
      ['a', 4],
      ['b', 2],
      ['c', 5],
      ['d', 1],
    ] as const) {
      expect((await send('reserve', key, ref, amount)).body.status).toBe('IGNORED');
    }
    expect((await send('consume', key, 'a')).body.status).toBe('IGNORED');
    expect((await send('release', key, 'd')).body.status).toBe('IGNORED');
    const { status, body } = await rehearse(key, 'CREDIT');
    expect([status, body]).toEqual([
      200,
      {
        from: 'POSTPAID',
        to: 'CREDIT',
        plan_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        plan_required: true,
        version: 1,
        available: 7,
        overdraft_limit: 0,
        needs_force: false,
        open_holds: { count: 0, credits: 0, without_amount: 0, first: [] },
        work_in_flight: {
          count: 2,
          credits: 7,
          without_amount: 0,
          first: [
            { ref_type: 'job', ref_id: 'b', acceptance: 1, amount: 2, since: expect.any(String), expires_at: null },
            { ref_type: 'job', ref_id: 'c', acceptance: 1, amount: 5, since: expect.any(String), expires_at: null },
          ],
        },
        holds_needed: 7,
        holds_covered: true,
        back_test: {
          days: 30,
          is_complete: true,
          // Of 4, 2 and 5 the first two fit into 7; what was cancelled cost nothing.
          held: { count: 2, credits: 6 },
          refused: { count: 1, credits: 5 },
          invoiced: { count: 0, credits: 0 },
          first_refused_at: expect.any(String),
        },
      },
    ]);
  });

  test('counts work accepted before the account was enrolled, whose amount nobody kept', async () => {
    const key = `v1:partner:${(nextId += 1)}`;
    await send('reserve', key, 'early', 3);
    await operator.post('/v1/operator/accounts').send({ external_key: key, display_name: key }).expect(201);
    const { body } = await rehearse(key, 'CREDIT');
    expect(body).toMatchObject({ needs_force: true, work_in_flight: { count: 1, credits: 0, without_amount: 1 } });
  });

  test('changes nothing, and says the same again', async () => {
    const key = await enrol('POSTPAID', 7);
    await send('reserve', key, 'a', 4);
    const first = await rehearse(key, 'CREDIT');
    expect((await rehearse(key, 'CREDIT')).body).toEqual(first.body);
    expect((await rehearse(key, 'POSTPAID')).body.plan_digest).not.toBe(first.body.plan_digest);
  });

  test('400 for a bad mode or number of days; 401 signed out; 403 for services; 404 for nobody', async () => {
    const key = await enrol('POSTPAID');
    const path = `/v1/operator/accounts/${key}/mode/rehearsal`;
    for (const query of ['', '?billing_mode=FREE', '?billing_mode=CREDIT&days=0', '?billing_mode=CREDIT&days=91']) {
      expect((await viewer.get(`${path}${query}`)).status).toBe(400);
    }
    expect((await rehearse(key, 'CREDIT', studio.as({}))).status).toBe(401);
    expect((await rehearse(key, 'CREDIT', v1)).status).toBe(403);
    expect(outcome(await rehearse('v1:partner:424242', 'CREDIT'))).toEqual([404, 'account_not_enrolled']);
  });
});

describe('the rehearsal of a switch to POSTPAID', () => {
  test('shows the holds that live on, and that past work would have gone to the invoice', async () => {
    const key = await enrol('CREDIT', 10);
    await send('reserve', key, 'a', 4);
    await send('reserve', key, 'b', 2);
    await send('consume', key, 'b');
    const { body } = await rehearse(key, 'POSTPAID');
    expect(body).toMatchObject({
      plan_required: true,
      available: 4,
      open_holds: { count: 1, credits: 4, first: [{ ref_id: 'a', amount: 4, expires_at: expect.any(String) }] },
      work_in_flight: { count: 0 },
      back_test: { invoiced: { count: 2, credits: 6 }, held: { count: 0 }, refused: { count: 0 } },
    });
  });
});

describe('the switch', () => {
  test('needs no plan when nothing is under way', async () => {
    const key = await enrol('POSTPAID', 7);
    expect((await rehearse(key, 'CREDIT')).body.plan_required).toBe(false);
    expect(outcome(await change(key, 'CREDIT'))).toEqual([200, 'CREDIT']);
  });

  test('409 plan_required with holds open or work in flight, also with force; with the plan it is done', async () => {
    const [holding, invoiced] = [await enrol('CREDIT', 10), await enrol('POSTPAID', 10)];
    for (const [key, mode] of [
      [holding, 'POSTPAID'],
      [invoiced, 'CREDIT'],
    ] as const) {
      await send('reserve', key, 'a', 4);
      for (const force of [false, true]) {
        const refused = await change(key, mode, { force });
        expect([...outcome(refused), refused.body.open_holds + refused.body.work_in_flight]).toEqual([
          409,
          'plan_required',
          1,
        ]);
      }
      const { plan_digest } = (await rehearse(key, mode)).body as { plan_digest: string };
      expect(outcome(await change(key, mode, { plan_digest }))).toEqual([200, mode]);
      // The same again finds the mode it wants.
      expect(outcome(await change(key, mode, { plan_digest }))).toEqual([200, mode]);
    }
    expect((await send('consume', holding, 'a')).body.status).toBe('CONSUMED');
    expect((await send('consume', invoiced, 'a')).body.status).toBe('IGNORED');
  });

  test.each([
    ['credits came', (key: string) => grant(key, 1)],
    ['work was accepted', (key: string) => send('reserve', key, 'b', 1)],
    ['work ended', (key: string) => send('consume', key, 'a')],
    ['a policy changed', (key: string) => operator.post(`/v1/operator/accounts/${key}/suspend`).send({ reason: 'x' })],
  ])('409 stale_plan once %s, and the mode stays', async (_what, meanwhile) => {
    for (const [from, to] of [
      ['CREDIT', 'POSTPAID'],
      ['POSTPAID', 'CREDIT'],
    ] as const) {
      const key = await enrol(from, 10);
      await send('reserve', key, 'a', 4);
      const { plan_digest } = (await rehearse(key, to)).body as { plan_digest: string };
      await meanwhile(key);
      expect(outcome(await change(key, to, { plan_digest }))).toEqual([409, 'stale_plan']);
      expect((await viewer.get(`/v1/operator/accounts/${key}`)).body.billing_mode).toBe(from);
    }
  });

  test('a plan of another account or for the other mode is stale; a text that is none is 400', async () => {
    const [one, other] = [await enrol('POSTPAID', 10), await enrol('POSTPAID', 10)];
    for (const key of [one, other]) await send('reserve', key, 'a', 4);
    const foreign = (await rehearse(other, 'CREDIT')).body.plan_digest as string;
    const wrongWay = (await rehearse(one, 'POSTPAID')).body.plan_digest as string;
    for (const plan_digest of [foreign, wrongWay]) {
      expect(outcome(await change(one, 'CREDIT', { plan_digest }))).toEqual([409, 'stale_plan']);
    }
    expect((await change(one, 'CREDIT', { plan_digest: 'trust me' })).status).toBe(400);
  });

  test('with work arriving all the time it is made on what the plan saw, or not at all', async () => {
    for (let round = 0; round < 8; round += 1) {
      const key = await enrol('POSTPAID', 10);
      await send('reserve', key, 'first', 1);
      const { plan_digest } = (await rehearse(key, 'CREDIT')).body as { plan_digest: string };
      const [switched, ...work] = await Promise.all([
        change(key, 'CREDIT', { plan_digest }),
        ...Array.from({ length: 6 }, (_, index) => send('reserve', key, `w${index}`, 1)),
      ]);
      const ignored = work.filter(({ body }) => body.status === 'IGNORED').length;
      const held = work.filter(({ body }) => body.status === 'ACTIVE').length;
      expect(ignored + held).toBe(6);
      // Work before the switch makes the plan stale; so after a switch that was made, all of it was held.
      expect([switched?.status, ignored === 0]).toEqual(switched?.status === 200 ? [200, true] : [409, false]);
    }
  });
});
