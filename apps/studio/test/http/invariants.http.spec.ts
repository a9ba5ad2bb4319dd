import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { LEDGER_INVARIANTS } from '../../src/modules/invariants/ledger-invariants.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';

interface Answer {
  ok: boolean;
  invariants: { name: string; ok: boolean; offending_count: number; offending_rows: unknown[] }[];
}

let studio: RunningStudio;
beforeAll(async () => {
  studio = await startStudio();
  const operator = studio.as(await studio.operator());
  const service = studio.as(await studio.serviceToken());
  for (const n of [1, 2]) {
    const key = `v1:partner:${n}`;
    await operator
      .post('/v1/operator/accounts')
      .send({ external_key: key, display_name: key, billing_mode: 'CREDIT', reason: 'test' })
      .expect(201);
    await operator
      .post(`/v1/operator/accounts/${key}/grants`)
      .send({ amount: 10, reason: 'test', idempotency_key: 'first' })
      .expect(201);
    const work = { external_key: key, ref_type: 'commission_request', ref_id: '1' };
    await service
      .post('/v1/billing/credits/reserve')
      .send({ ...work, amount: 4, idempotency_key: 'r' })
      .expect(201);
    await service
      .post('/v1/billing/credits/consume')
      .send({ ...work, amount: 3, idempotency_key: 'c' })
      .expect(201);
  }
});
afterAll(() => studio.close());

async function check(): Promise<Answer> {
  const { body } = await studio
    .as(await studio.operator('viewer'))
    .get('/v1/invariants')
    .expect(200);
  return body as Answer;
}

/** What somebody with the database's own powers could do; the triggers stand aside. */
async function tamper(sql: string): Promise<void> {
  const client = await studio.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    await client.query(sql);
    await client.query('COMMIT');
  } finally {
    client.release(true);
  }
}

test('sound books: every rule is there and holds, for anybody signed in, and for nobody else', async () => {
  const answer = await check();
  expect(answer.ok).toBe(true);
  expect(answer.invariants.map(({ name }) => name)).toEqual(LEDGER_INVARIANTS.map(({ name }) => name));
  expect((await studio.as({}).get('/v1/invariants')).status).toBe(401);
  expect((await studio.as(await studio.serviceToken()).get('/v1/invariants')).status).toBe(403);
});

test.each([
  [
    'L3',
    `UPDATE wallets SET balance_micro = balance_micro + 1`,
    `UPDATE wallets SET balance_micro = balance_micro - 1`,
  ],
  [
    'L5',
    `UPDATE reservations SET status = 'ACTIVE', resolved_at = NULL, held_micro = amount_micro`,
    `UPDATE reservations SET status = 'CONSUMED', resolved_at = now(), held_micro = 0`,
  ],
  [
    'L10',
    `UPDATE ledger SET created_at = created_at - interval '1 day' WHERE seq = 2`,
    `UPDATE ledger SET created_at = created_at + interval '1 day' WHERE seq = 2`,
  ],
  [
    'L12',
    `UPDATE reservations SET expires_at = created_at`,
    `UPDATE reservations SET expires_at = created_at + interval '1 day'`,
  ],
])('%s names the rows when somebody tampers with the tables', async (name, harm, repair) => {
  await tamper(harm);
  const answer = await check();
  await tamper(repair);
  expect(answer.ok).toBe(false);
  const rule = answer.invariants.find((row) => row.name === name);
  expect(rule).toMatchObject({ ok: false, offending_count: 2 });
  expect(rule?.offending_rows[0]).toMatchObject({ account_id: expect.any(String) });
  expect((await check()).ok).toBe(true);
});

test('metrics: a check that fails says so, and from when the figures are', async () => {
  const run = studio.app.get(JobTasks).entries().get('check-invariants');
  if (!run) throw new Error('the job is not registered');
  const job = () => run({}, { jobId: '1', attempt: 1, signal: undefined });
  const figure = async (name: string) => {
    const metric = studio.app.get(Metrics).registry.getSingleMetric(`billing_ledger_invariants_${name}`);
    return (await metric?.get())?.values[0]?.value;
  };
  await job();
  const checkedAt = await figure('checked_timestamp_seconds');
  expect([await figure('check_failing'), checkedAt! > Date.now() / 1000 - 60]).toEqual([0, true]);
  await studio.pool.query('ALTER VIEW ledger_double_entry RENAME TO ledger_gone');
  await expect(job()).rejects.toThrow('ledger_double_entry');
  expect([await figure('check_failing'), await figure('checked_timestamp_seconds')]).toEqual([1, checkedAt]);
  await studio.pool.query('ALTER VIEW ledger_gone RENAME TO ledger_double_entry');
  await job();
  expect(await figure('check_failing')).toBe(0);
});
