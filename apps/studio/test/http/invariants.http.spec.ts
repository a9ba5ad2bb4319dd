import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fromMicroCredits, toExternalKey } from '@tandem/contracts';
import { JobTasks } from '@tandem/platform/jobs/job-tasks';
import { Pace } from '@tandem/platform/jobs/pace';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { accountIdOf } from '../../src/modules/accounts/account-id.ts';
import { rangesOf } from '../../src/modules/invariants/account-ranges.ts';
import { CheckInvariants } from '../../src/modules/invariants/check-invariants.ts';
import { LEDGER_INVARIANTS } from '../../src/modules/invariants/ledger-invariants.ts';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';

interface Answer {
  ok: boolean;
  is_whole: boolean;
  invariants: {
    name: string;
    ok: boolean;
    not_checked: string | null;
    offending_count: number;
    offending_rows: unknown[];
  }[];
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
async function tamper(...statements: string[]): Promise<void> {
  const client = await studio.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    for (const sql of statements) await client.query(sql);
    await client.query('COMMIT');
  } finally {
    client.release(true);
  }
}

test('sound books: every rule is there and holds, for anybody signed in, and for nobody else', async () => {
  const answer = await check();
  expect(answer).toMatchObject({ ok: true, is_whole: true });
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

test.each(['TRANSFER_OUT', 'TRANSFER_IN'])('L2 names the half of a transfer that is left, not the %s', async (gone) => {
  const [from, to] = [accountIdOf(toExternalKey('v1:partner:1')), accountIdOf(toExternalKey('v1:partner:2'))];
  await studio.app.get(CreditLedger).apply({
    ...{ operation: 'transfer', client: 'operator', idempotencyKey: `of:${gone}`, actor: 'somebody', reason: 'test' },
    ...{ accountId: from, toAccountId: to, amount: fromMicroCredits(1_000_000n) },
  });
  expect((await check()).ok).toBe(true);
  const half = `FROM ledger WHERE kind = '${gone}' AND idempotency_key LIKE '%of:${gone}'`;
  await tamper(`CREATE TABLE taken AS SELECT * ${half}`, `DELETE ${half}`);
  const rule = (await check()).invariants.find(({ name }) => name === 'L2');
  await tamper('INSERT INTO ledger SELECT * FROM taken', 'DROP TABLE taken');
  expect(rule?.offending_rows).toEqual([{ account_id: gone === 'TRANSFER_IN' ? from : to, seq: expect.any(String) }]);
  expect((await check()).ok).toBe(true);
});

/** A ledger of so many turns, as far as a check is told; the accounts' last rows are from yesterday. */
async function inTurns(turns: number, work: (check: (turn: number) => Promise<string[]>) => Promise<void>) {
  const invariants = studio.app.get(CheckInvariants);
  await tamper(`UPDATE wallets SET last_entry_at = last_entry_at - interval '1 day'`);
  await work(async (turn) => {
    const { isWhole, results } = await invariants.inTurn({ turn, turns }, turns * 50_000, new Pace(1));
    expect(isWhole).toBe(turns === 1);
    return results.filter(({ offendingCount }) => offendingCount > 0).map(({ invariant }) => invariant.name);
  });
  await tamper(`UPDATE wallets SET last_entry_at = last_entry_at + interval '1 day'`);
}

const HARM = `UPDATE wallets SET balance_micro = balance_micro + 1 WHERE account_id = (SELECT min(account_id::text)::uuid FROM wallets)`;
const REPAIR = HARM.replace('+ 1', '- 1');

test('of a large ledger each turn checks a part, all turns everything; what was found is looked at again in each turn', async () => {
  await inTurns(7, async (check) => {
    for (let turn = 0; turn < 7; turn += 1) expect(await check(turn)).toEqual([]);
    await tamper(HARM);
    const found: string[][] = [];
    for (let turn = 0; turn < 14; turn += 1) found.push(await check(turn % 7));
    const first = found.findIndex((rules) => rules.length > 0);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThan(7);
    expect(found.slice(first)).toEqual(Array(14 - first).fill(['L3', 'L4']));
    await tamper(REPAIR);
    await check(0);
    for (let turn = 0; turn < 7; turn += 1) expect(await check(turn)).toEqual([]);
  });
});

/** Of eight turns: those of the accounts, the one HARM harms first, and one that has no account. */
async function turnsOfEight(): Promise<{ harmed: number; quiet: number }> {
  const { rows } = await studio.pool.query<{ digit: string }>(
    'SELECT left(account_id::text, 1) AS digit FROM wallets ORDER BY account_id',
  );
  const turns = rows.map(({ digit }) => Math.floor(parseInt(digit, 16) / 2));
  return { harmed: turns[0]!, quiet: [0, 1, 2].find((turn) => !turns.includes(turn))! };
}

test('what another check finds meanwhile is looked at again in the next one', async () => {
  const { harmed, quiet } = await turnsOfEight();
  await inTurns(8, async (check) => {
    // One account changed lately: the check looks at it last.
    const changed = `account_id = (SELECT max(account_id::text)::uuid FROM wallets)`;
    await tamper(`UPDATE wallets SET last_entry_at = now() WHERE ${changed}`);
    const turn = { turn: quiet, turns: 8 };
    let looks = 0;
    const interrupted = new (class extends Pace {
      override async step<Result>(work: () => Promise<Result>): Promise<Result> {
        const result = await work();
        looks += 1;
        if (looks === rangesOf(turn, 400_000).length + 1) {
          await tamper(HARM);
          expect(await check(harmed)).toEqual(['L3', 'L4']);
        }
        return result;
      }
    })(1);
    await studio.app.get(CheckInvariants).inTurn(turn, 400_000, interrupted);
    expect(await check(quiet)).toEqual(['L3', 'L4']);
    await tamper(REPAIR, `UPDATE wallets SET last_entry_at = last_entry_at - interval '1 day' WHERE ${changed}`);
    expect(await check(quiet)).toEqual([]);
  });
});

test('what could not be checked is tried again in every turn until it can', async () => {
  const { harmed, quiet } = await turnsOfEight();
  const notChecked = async (turn: number) => {
    const { results } = await studio.app.get(CheckInvariants).inTurn({ turn, turns: 8 }, 400_000, new Pace(1));
    return results.filter((found) => found.notChecked !== null).map(({ invariant }) => invariant.name);
  };
  await inTurns(8, async () => {
    await studio.pool.query(`
      ALTER VIEW ledger_double_entry RENAME TO ledger_gone;
      CREATE VIEW ledger_double_entry AS SELECT account_id, seq, amount_micro / 0 AS amount_micro FROM ledger_gone;
      GRANT SELECT ON ledger_double_entry TO PUBLIC`);
    expect(await notChecked(harmed)).toEqual(['L1']);
    expect(await notChecked(quiet)).toEqual(['L1']);
    await studio.pool.query('DROP VIEW ledger_double_entry; ALTER VIEW ledger_gone RENAME TO ledger_double_entry');
    expect(await notChecked(quiet)).toEqual([]);
  });
});

test('what there is no time to look at again is told as it was last seen', async () => {
  const { harmed, quiet } = await turnsOfEight();
  await inTurns(8, async (check) => {
    await tamper(HARM);
    expect(await check(harmed)).toEqual(['L3', 'L4']);
    const stopping = new AbortController();
    stopping.abort();
    const { results } = await studio.app
      .get(CheckInvariants)
      .inTurn({ turn: quiet, turns: 8 }, 400_000, new Pace(1, stopping.signal));
    expect(results.filter((found) => found.offendingCount > 0).map(({ invariant }) => invariant.name)).toEqual([
      'L3',
      'L4',
    ]);
    expect(await check(quiet)).toEqual(['L3', 'L4']);
    await tamper(REPAIR);
    expect(await check(quiet)).toEqual([]);
  });
});

test('an account that changed lately is checked whosever turn it is', async () => {
  await inTurns(7, async (check) => {
    await tamper(HARM, `UPDATE wallets SET last_entry_at = now()`);
    for (let turn = 0; turn < 7; turn += 1) expect(await check(turn)).toContain('L3');
    await tamper(REPAIR, `UPDATE wallets SET last_entry_at = last_entry_at - interval '1 day'`);
  });
});

test('a rule that cannot be checked says so and is not ok; the others are checked all the same', async () => {
  await tamper(HARM);
  await studio.pool.query('ALTER VIEW ledger_double_entry RENAME TO ledger_gone');
  const { ok, invariants } = await check();
  await studio.pool.query('ALTER VIEW ledger_gone RENAME TO ledger_double_entry');
  await tamper(REPAIR);
  expect(ok).toBe(false);
  expect(invariants.find(({ name }) => name === 'L1')).toMatchObject({
    ...{ ok: false, offending_count: 0 },
    not_checked: 'relation "ledger_double_entry" does not exist',
  });
  expect(invariants.find(({ name }) => name === 'L3')).toMatchObject({ ok: false, offending_count: 1 });
  const others = invariants.filter(({ name }) => name !== 'L1').map(({ not_checked }) => not_checked);
  expect(new Set(others)).toEqual(new Set([null]));
});

test('a rule that runs out of time says so, and the others are checked', async () => {
  await tamper(HARM);
  await studio.pool.query(`
    ALTER VIEW ledger_double_entry RENAME TO ledger_gone;
    CREATE VIEW ledger_double_entry AS SELECT l.* FROM ledger_gone l, (SELECT pg_sleep(60) OFFSET 0) s;
    GRANT SELECT ON ledger_double_entry TO PUBLIC`);
  const { ok, invariants } = await check();
  await studio.pool.query('DROP VIEW ledger_double_entry; ALTER VIEW ledger_gone RENAME TO ledger_double_entry');
  await tamper(REPAIR);
  expect(ok).toBe(false);
  expect(invariants.find(({ name }) => name === 'L3')).toMatchObject({ ok: false, offending_count: 1 });
  const left = invariants.filter(({ not_checked }) => not_checked !== null);
  expect(left.map(({ name, not_checked }) => [name, not_checked])).toEqual([
    ['L1', 'canceling statement due to statement timeout'],
  ]);
}, 60_000);

test('a rule whose connection is lost says so, and the others are checked on another', async () => {
  await tamper(HARM);
  await studio.pool.query(`
    ALTER VIEW ledger_double_entry RENAME TO ledger_gone;
    CREATE FUNCTION cut_off() RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER AS 'SELECT pg_terminate_backend(pg_backend_pid())';
    CREATE VIEW ledger_double_entry AS SELECT l.* FROM ledger_gone l, (SELECT cut_off() OFFSET 0) s;
    GRANT SELECT ON ledger_double_entry TO PUBLIC`);
  const { invariants } = await check();
  await studio.pool.query(
    'DROP VIEW ledger_double_entry; DROP FUNCTION cut_off; ALTER VIEW ledger_gone RENAME TO ledger_double_entry',
  );
  await tamper(REPAIR);
  expect(invariants.filter(({ not_checked }) => not_checked !== null).map(({ name }) => name)).toEqual(['L1']);
  expect(invariants.find(({ name }) => name === 'L3')).toMatchObject({ ok: false, offending_count: 1 });
});

test('metrics: a rule that could not be checked says so, and when all were', async () => {
  const run = studio.app.get(JobTasks).entries().get('check-invariants');
  if (!run) throw new Error('the job is not registered');
  const job = () => run({}, { jobId: '1', attempt: 1, signal: undefined });
  const figures = async (name: string) => {
    const metric = studio.app.get(Metrics).registry.getSingleMetric(`billing_ledger_${name}`);
    return (await metric?.get())?.values ?? [];
  };
  const figure = async (name: string) => (await figures(name))[0]?.value;
  await job();
  const checkedAt = await figure('invariants_checked_timestamp_seconds');
  expect([await figure('invariants_check_failing'), checkedAt! > Date.now() / 1000 - 60]).toEqual([0, true]);
  await studio.pool.query('ALTER VIEW ledger_double_entry RENAME TO ledger_gone');
  await job();
  expect(await figure('invariants_check_failing')).toBe(1);
  expect(await figure('invariants_checked_timestamp_seconds')).toBe(checkedAt);
  const notChecked = (await figures('invariant_not_checked')).filter(({ value }) => value === 1);
  expect(notChecked.map(({ labels }) => labels.invariant)).toEqual(['L1']);
  await studio.pool.query('ALTER VIEW ledger_gone RENAME TO ledger_double_entry');
  await job();
  expect(await figure('invariants_check_failing')).toBe(0);
});
