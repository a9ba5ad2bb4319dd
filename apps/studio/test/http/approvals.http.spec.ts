import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseCredits } from '@tandem/contracts';
import type { Agent, Response, Test } from 'supertest';
import { accountOfKey } from '../../src/modules/accounts/account-selector.ts';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { FinishActs } from '../../src/modules/approvals/finish-acts.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';

/** Above 100 credits a second person; 1000 per person and day. */
const LIMITS = { STUDIO_SECOND_APPROVER_ABOVE_CREDITS: '100', STUDIO_DAILY_CREDITS_PER_OPERATOR: '1000' };

let studio: RunningStudio;
let admin: Agent;
let secondAdmin: Agent;
let operator: Agent;
let viewer: Agent;
let nextId = 1;
let nextKey = 1;

async function enrol(): Promise<string> {
  const external_key = `v1:partner:${(nextId += 1)}`;
  const fields = { external_key, display_name: external_key, reason: 'test' };
  await operator.post('/v1/operator/accounts').send(fields).expect(201);
  return external_key;
}

function grant(who: Agent, key: string, amount: number | string, idempotency_key = `key-${(nextKey += 1)}`) {
  return who.post(`/v1/operator/accounts/${key}/grants`).send({ amount, reason: 'large', idempotency_key });
}

function decide(who: Agent, id: string, verdict: 'approve' | 'reject') {
  return who.post(`/v1/operator/approvals/${id}/${verdict}`).send({ reason: `${verdict}: seen the contract` });
}

async function wallet(key: string): Promise<number> {
  return (await operator.get(`/v1/operator/accounts/${key}`).expect(200)).body.credit.wallet as number;
}

/** A grant of 500 that waits for a second person. */
async function requested(key: string): Promise<string> {
  const answer = await grant(operator, key, 500);
  expect([answer.status, answer.body.status]).toEqual([202, 'PENDING']);
  return answer.body.id as string;
}

async function phasesOf(actId: string): Promise<string[]> {
  const { body } = await admin.get('/v1/operator/audit').query({ act_id: actId }).expect(200);
  return body.items.map((row: { phase: string; actor: string }) => `${row.phase} ${row.actor}`).reverse();
}

const outcome = ({ status, body }: Response): unknown[] => [status, body.code ?? body.status];

/** Makes the ledger fail as if this process lost its database, until the answer is called. */
function breakLedger(): () => void {
  const ledger = studio.app.get(CreditLedger);
  const { apply } = ledger;
  ledger.apply = () => Promise.reject(new Error('the connection is gone'));
  return () => {
    ledger.apply = apply;
  };
}

beforeAll(async () => {
  studio = await startStudio({ env: LIMITS });
  admin = studio.as(await studio.operator('admin'));
  secondAdmin = studio.as(await studio.operator('admin'));
  operator = studio.as(await studio.operator());
  viewer = studio.as(await studio.operator('viewer'));
});
afterAll(() => studio.close());

describe('charging a hold', () => {
  /** A hold of 4 on an account that has plenty. */
  async function hold(): Promise<{ key: string; consume: (who: Agent, amount?: number) => Test }> {
    const key = await enrol();
    const accountId = accountOfKey(key, null).accountId;
    await operator
      .post(`/v1/operator/accounts/${key}/mode`)
      .send({ billing_mode: 'CREDIT', force: true, reason: 'test' });
    const command = { accountId, client: 'test', idempotencyKey: key };
    const ledger = studio.app.get(CreditLedger);
    await ledger.apply({ ...command, operation: 'grant', amount: parseCredits(5000) });
    const held = { refType: 'job', refId: '1', expiresInMinutes: 60, amount: parseCredits(4) };
    const { entry } = await ledger.apply({ ...command, operation: 'reserve', ...held });
    const path = `/v1/operator/accounts/${key}/reservations/${entry?.reservation_id}/consume`;
    const consume = (who: Agent, amount?: number) =>
      who.post(path).send({ amount, reason: 'more work', idempotency_key: `key-${(nextKey += 1)}` });
    return { key, consume };
  }

  test('beyond what it holds needs a second person above the limit, who sees which hold and how much', async () => {
    const { key, consume } = await hold();
    const asked = await consume(operator, 104.000001);
    expect([asked.status, asked.body]).toEqual([
      202,
      expect.objectContaining({
        status: 'PENDING',
        amount: 100.000001,
        details: { reservation_id: expect.any(String), amount: '104.000001' },
      }),
    ]);
    expect(await wallet(key)).toBe(5000);
    expect(outcome(await decide(admin, asked.body.id as string, 'approve'))).toEqual([200, 'EXECUTED']);
    expect(await wallet(key)).toBe(4895.999999);
  });

  test('counts for the day with the part beyond what it holds', async () => {
    const person = studio.as(await studio.operator());
    for (let n = 0; n < 10; n += 1) expect((await (await hold()).consume(person, 104)).status).toBe(201);
    const { consume } = await hold();
    expect(outcome(await consume(person, 4.000001))).toEqual([403, 'daily_limit_exceeded']);
    expect((await consume(person, 4)).status).toBe(201);
    expect((await (await hold()).consume(person)).status).toBe(201);
  });
});

describe('an act above the limit of one person', () => {
  test('202 with the request, and nothing moves until an administrator says yes; then it is done once', async () => {
    const key = await enrol();
    const asked = await grant(operator, key, '500', 'big-grant');
    expect([asked.status, asked.body]).toEqual([
      202,
      {
        id: expect.any(String),
        status: 'PENDING',
        act: 'grant',
        external_key: key,
        amount: 500,
        details: { amount: '500' },
        reason: 'large',
        idempotency_key: 'big-grant',
        requested_by: 'operator-3@studio.test',
        requested_at: expect.any(String),
        expires_at: expect.any(String),
        decided_by: null,
        decided_at: null,
        decision_reason: null,
        entry_id: null,
        refusal_code: null,
      },
    ]);
    expect(await wallet(key)).toBe(0);
    const approved = await decide(admin, asked.body.id, 'approve');
    expect([approved.status, approved.body]).toEqual([
      200,
      expect.objectContaining({
        status: 'EXECUTED',
        decided_by: 'admin-1@studio.test',
        decision_reason: 'approve: seen the contract',
        entry_id: expect.any(String),
      }),
    ]);
    expect(await wallet(key)).toBe(500);
    expect(await phasesOf(asked.body.id)).toEqual([
      'REQUESTED operator-3@studio.test',
      'APPROVED admin-1@studio.test',
      'DONE operator-3@studio.test',
    ]);
  });

  test('exactly the limit needs nobody else, a millionth more does', async () => {
    const key = await enrol();
    expect((await grant(operator, key, 100)).status).toBe(201);
    expect((await grant(operator, key, '100.000001')).status).toBe(202);
  });

  test('the same key asks once, and answers what became of it; another amount under the key is 422', async () => {
    const key = await enrol();
    const first = await grant(operator, key, 500, 'once');
    const again = await grant(operator, key, '500.0', 'once');
    expect([again.status, again.body]).toEqual([202, first.body]);
    // Neither a smaller amount, which would need nobody, nor a larger one.
    for (const amount of [5, 501]) {
      expect(outcome(await grant(operator, key, amount, 'once'))).toEqual([422, 'idempotency_key_reused']);
    }
    await decide(admin, first.body.id, 'approve').expect(200);
    const after = await grant(operator, key, 500, 'once');
    expect([after.status, after.body.status, await wallet(key)]).toEqual([202, 'EXECUTED', 500]);
  });

  test('a key used for a small act is not free for a large one', async () => {
    const key = await enrol();
    await grant(operator, key, 5, 'small').expect(201);
    expect(outcome(await grant(operator, key, 500, 'small'))).toEqual([422, 'idempotency_key_reused']);
  });

  test('404 before anybody is asked, for an account nobody enrolled', async () => {
    expect(outcome(await grant(operator, 'v1:partner:424242', 500))).toEqual([404, 'account_not_enrolled']);
  });

  test('an overdraft limit waits too, and is set by the approval', async () => {
    const key = await enrol();
    const asked = await admin
      .post(`/v1/operator/accounts/${key}/overdraft-limit`)
      .send({ overdraft_limit: 300, reason: 'contract' });
    expect([asked.status, asked.body.act, asked.body.details]).toEqual([202, 'overdraft', { amount: '300' }]);
    const approved = await decide(secondAdmin, asked.body.id, 'approve');
    expect([approved.status, approved.body.status]).toEqual([200, 'EXECUTED']);
    expect((await viewer.get(`/v1/operator/accounts/${key}`)).body.overdraft_limit).toBe(300);
  });

  test('what the state of the account refuses by then is REFUSED with the reason, not an error of the approver', async () => {
    const key = await enrol();
    const asked = await admin
      .post(`/v1/operator/accounts/${key}/overdraft-limit`)
      .send({ overdraft_limit: 300, reason: 'contract', version: 1 });
    await operator.post(`/v1/operator/accounts/${key}/suspend`).send({ reason: 'meanwhile' }).expect(200);
    const approved = await decide(secondAdmin, asked.body.id, 'approve');
    expect([approved.status, approved.body.status, approved.body.refusal_code]).toEqual([
      200,
      'REFUSED',
      'stale_version',
    ]);
  });
});

describe('the second person', () => {
  test('403 for whoever asked, whatever the role, and the request still waits', async () => {
    const key = await enrol();
    const asked = await grant(admin, key, 500);
    for (const verdict of ['approve', 'reject'] as const) {
      expect(outcome(await decide(admin, asked.body.id, verdict))).toEqual([403, 'second_approver_required']);
    }
    expect((await viewer.get(`/v1/operator/approvals/${asked.body.id}`)).body.status).toBe('PENDING');
    expect((await decide(secondAdmin, asked.body.id, 'approve')).body.status).toBe('EXECUTED');
  });

  test('403 for operators, viewers and services, 401 signed out, 400 without a reason, 404 for no request', async () => {
    const id = await requested(await enrol());
    const service = studio.as(await studio.serviceToken());
    for (const who of [operator, viewer, service])
      expect(outcome(await decide(who, id, 'approve'))).toEqual([403, 'forbidden']);
    expect((await decide(studio.as({}), id, 'approve')).status).toBe(401);
    for (const body of [{}, { reason: ' ' }]) {
      expect((await admin.post(`/v1/operator/approvals/${id}/approve`).send(body)).status).toBe(400);
    }
    const nobody = '01900000-0000-7000-8000-000000000001';
    expect(outcome(await decide(admin, nobody, 'approve'))).toEqual([404, 'not_found']);
    expect((await viewer.get(`/v1/operator/approvals/${nobody}`)).status).toBe(404);
  });

  test('a no is final: nothing moves, and a later yes is 409', async () => {
    const key = await enrol();
    const id = await requested(key);
    const rejected = await decide(admin, id, 'reject');
    expect([rejected.status, rejected.body.status]).toEqual([200, 'REJECTED']);
    expect(outcome(await decide(secondAdmin, id, 'approve'))).toEqual([409, 'approval_not_pending']);
    expect(await wallet(key)).toBe(0);
  });

  test('20 who decide at once, on two instances: one is heard, and the act is done at most once', async () => {
    const other = await startStudio({ database: studio.database, env: LIMITS });
    try {
      const deciders = [admin, other.as(await studio.operator('admin'))];
      for (let round = 0; round < 5; round += 1) {
        const key = await enrol();
        const id = await requested(key);
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            decide(deciders[index % 2] as Agent, id, index % 5 === 4 ? 'reject' : 'approve'),
          ),
        );
        expect(answers.map(({ status }) => status).sort()).toEqual([200, ...new Array<number>(19).fill(409)]);
        const { status } = (await viewer.get(`/v1/operator/approvals/${id}`)).body as { status: string };
        expect(['EXECUTED', 'REJECTED']).toContain(status);
        expect(await wallet(key)).toBe(status === 'EXECUTED' ? 500 : 0);
      }
    } finally {
      await other.close();
    }
  });

  test('a request whose time is over is EXPIRED, before and after the job writes it', async () => {
    const key = await enrol();
    const id = await requested(key);
    await studio.pool.query(
      "UPDATE operator_acts SET expires_at = clock_timestamp() - interval '1 s' WHERE act_id = $1",
      [id],
    );
    expect((await viewer.get(`/v1/operator/approvals/${id}`)).body.status).toBe('EXPIRED');
    expect(outcome(await decide(admin, id, 'approve'))).toEqual([409, 'approval_not_pending']);
    await studio.app.get(FinishActs).run();
    expect((await viewer.get(`/v1/operator/approvals/${id}`)).body.status).toBe('EXPIRED');
    expect(await phasesOf(id)).toEqual(['REQUESTED operator-3@studio.test', 'EXPIRED studio']);
    expect(await wallet(key)).toBe(0);
  });
});

describe('a process that dies', () => {
  test('after the yes and before the ledger: the act is done by the job, once, however often it runs', async () => {
    const key = await enrol();
    const id = await requested(key);
    const mend = breakLedger();
    const approved = await decide(admin, id, 'approve');
    expect([approved.status, approved.body.status, await wallet(key)]).toEqual([200, 'APPROVED', 0]);
    mend();
    await Promise.all(Array.from({ length: 4 }, () => studio.app.get(FinishActs).run(0)));
    await studio.app.get(FinishActs).run(0);
    expect([(await viewer.get(`/v1/operator/approvals/${id}`)).body.status, await wallet(key)]).toEqual([
      'EXECUTED',
      500,
    ]);
    expect((await phasesOf(id)).filter((phase) => phase.startsWith('DONE'))).toHaveLength(1);
  });

  test('after the ledger and before the act is closed: the job finds it done, and nothing is doubled', async () => {
    const key = await enrol();
    const id = await requested(key);
    await decide(admin, id, 'approve').expect(200);
    // As it was before the outcome was written.
    await studio.pool.query("UPDATE operator_acts SET state = 'OPEN', outcome = NULL WHERE act_id = $1", [id]);
    await studio.app.get(FinishActs).run(0);
    const { body } = await viewer.get(`/v1/operator/approvals/${id}`);
    expect([body.status, body.entry_id, await wallet(key)]).toEqual(['EXECUTED', expect.any(String), 500]);
  });

  test('in the middle of an act of one person: the trail says NOT_DONE, the day has it back, the same key does it', async () => {
    const key = await enrol();
    const someone = studio.as(await studio.operator());
    const mend = breakLedger();
    expect((await grant(someone, key, 90, 'again')).status).toBe(500);
    mend();
    await studio.app.get(FinishActs).run(0);
    const { body: trail } = await admin.get('/v1/operator/audit').query({ target: key, act: 'grant' });
    expect(trail.items.map((row: { phase: string }) => row.phase)).toEqual(['NOT_DONE', 'INTENT']);
    expect(await wallet(key)).toBe(0);
    await grant(someone, key, 90, 'again').expect(201);
    expect(await wallet(key)).toBe(90);
    const { rows } = await studio.pool.query(
      `SELECT used_micro FROM operator_daily_credits d JOIN operator_acts a USING (actor_id)
        WHERE a.external_key = $1`,
      [key],
    );
    expect(rows).toEqual([{ used_micro: '90000000' }]);
  });

  test('another person does the act by the same key: act, trail and movement name that person', async () => {
    const key = await enrol();
    const mend = breakLedger();
    expect((await grant(operator, key, 9, 'taken-up')).status).toBe(500);
    mend();
    await studio.app.get(FinishActs).run(0);
    await grant(secondAdmin, key, 9, 'taken-up').expect(201);
    const { rows } = await studio.pool.query(
      `SELECT l.actor AS movement, a.actor AS act, t.actor AS trail FROM operator_acts a
         JOIN ledger l USING (account_id, idempotency_key) JOIN audit_entries t USING (act_id)
        WHERE a.external_key = $1 AND t.phase = 'DONE'`,
      [key],
    );
    const person = 'admin-2@studio.test';
    expect(rows).toEqual([{ movement: person, act: person, trail: person }]);
  });

  test('after the ledger did an act of one person: the trail says DONE', async () => {
    const key = await enrol();
    await grant(operator, key, 7, 'seven').expect(201);
    await studio.pool.query("UPDATE operator_acts SET state = 'OPEN', outcome = NULL WHERE external_key = $1", [key]);
    await studio.app.get(FinishActs).run(0);
    const { rows } = await studio.pool.query('SELECT state, outcome FROM operator_acts WHERE external_key = $1', [key]);
    expect(rows).toEqual([{ state: 'DONE', outcome: expect.objectContaining({ entry_id: expect.any(String) }) }]);
  });
});

describe('the limit of one person and day', () => {
  test('holds exactly, also for 40 acts at once, and counts a repeat once', async () => {
    const key = await enrol();
    const busy = studio.as(await studio.operator());
    const sent = Array.from({ length: 40 }, (_, index) => grant(busy, key, 60, `busy-${index % 20}`));
    const answers = await Promise.all(sent);
    const done = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 403);
    expect(done.length + refused.length).toBe(40);
    expect(refused.every(({ body }) => body.code === 'daily_limit_exceeded' && body.daily_limit === 1000)).toBe(true);
    // 16 of 20 different grants of 60 fit into 1000.
    expect(await wallet(key)).toBe(960);
    expect((await grant(busy, key, 40)).status).toBe(201);
    expect((await grant(busy, key, '0.000001')).status).toBe(403);
  });

  test('is each person’s own, and what another approves does not count', async () => {
    const key = await enrol();
    const [one, other] = [studio.as(await studio.operator()), studio.as(await studio.operator())];
    for (let index = 0; index < 10; index += 1) await grant(one, key, 100).expect(201);
    expect((await grant(one, key, 1)).status).toBe(403);
    expect((await grant(one, key, 500)).status).toBe(202);
    expect((await grant(other, key, 1)).status).toBe(201);
  });
});

describe('GET /v1/operator/approvals', () => {
  test('newest first, by status and account, page by page; viewers may look', async () => {
    const key = await enrol();
    const ids = [await requested(key), await requested(key), await requested(key)].reverse();
    await decide(admin, ids[1] as string, 'reject').expect(200);
    const list = async (query: Record<string, string>) =>
      (
        await viewer
          .get('/v1/operator/approvals')
          .query({ external_key: key, ...query })
          .expect(200)
      ).body;
    expect((await list({})).items.map((row: { id: string }) => row.id)).toEqual(ids);
    expect((await list({ status: 'PENDING' })).items.map((row: { id: string }) => row.id)).toEqual([ids[0], ids[2]]);
    const first = await list({ limit: '2' });
    const second = await list({ limit: '2', cursor: first.next_cursor });
    expect([...first.items, ...second.items].map((row: { id: string }) => row.id)).toEqual(ids);
    expect(second.next_cursor).toBeNull();
    expect((await viewer.get('/v1/operator/approvals').query({ status: 'MAYBE' })).status).toBe(400);
    expect((await viewer.get('/v1/operator/approvals').query({ cursor: 'x' })).status).toBe(400);
    expect((await studio.as({}).get('/v1/operator/approvals')).status).toBe(401);
  });
});
