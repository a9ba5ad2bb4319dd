import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { toExternalKey, type AccountHead, type AccountHeadsAnswer } from '@tandem/contracts';
import { ServiceTokens } from '@tandem/platform/identity/service-tokens';
import type { Agent } from 'supertest';
import { Pace } from '@tandem/platform/jobs/pace';
import { accountIdOf } from '../../src/modules/accounts/account-id.ts';
import { CheckInvariants } from '../../src/modules/invariants/check-invariants.ts';
import { InvariantQueries } from '../../src/modules/invariants/invariant.queries.ts';
import { LastSeals } from '../../src/modules/seals/last-seals.ts';
import { SealLedger } from '../../src/modules/seals/seal-ledger.ts';
import { verifyLedgerCommand } from '../../src/modules/seals/verify-ledger.command.ts';
import { VerifyLedger } from '../../src/modules/seals/verify-ledger.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
let service: Agent;
let operator: Agent;

beforeAll(async () => {
  studio = await startStudio();
  service = studio.as(await studio.serviceToken());
  operator = studio.as(await studio.operator());
});
afterAll(() => studio.close());

let keys = 0;
/** A new account with one grant and so many holds. */
async function account(holds: number): Promise<{ key: string; id: string }> {
  const key = toExternalKey(`v1:partner:${(keys += 1)}`);
  await operator
    .post('/v1/operator/accounts')
    .send({ external_key: key, display_name: key, billing_mode: 'CREDIT', reason: 'test' })
    .expect(201);
  await operator
    .post(`/v1/operator/accounts/${key}/grants`)
    .send({ amount: 100, reason: 'test', idempotency_key: 'first' })
    .expect(201);
  for (let n = 1; n <= holds; n += 1) await hold(key, n);
  return { key, id: accountIdOf(key) };
}

async function hold(key: string, n: number, amount = 1) {
  const work = { external_key: key, ref_type: 'commission_request', ref_id: String(n) };
  return service.post('/v1/billing/credits/reserve').send({ ...work, amount, idempotency_key: `r${n}` });
}

const seal = () => studio.app.get(SealLedger).run();

/** What somebody with the database's own powers could do; the triggers stand aside. */
async function tamper(...statements: string[]): Promise<void> {
  const client = await studio.pool.connect();
  await client.query('BEGIN');
  await client.query('SET LOCAL session_replication_role = replica');
  for (const sql of statements) await client.query(sql);
  await client.query('COMMIT');
  client.release();
}

interface Rule {
  ok: boolean;
  offending_count: number;
  offending_rows: { account_id: string | null; seq: number | null; problem: string }[];
}

async function digestRule(full: boolean): Promise<Rule | undefined> {
  const { body } = await operator.get('/v1/invariants').query({ full }).expect(200);
  return (body as { invariants: (Rule & { name: string })[] }).invariants.find(({ name }) => name === 'digest-chain');
}

describe('sealing', () => {
  test('covers every row once, goes on where it stopped, and writes nothing when nothing is new', async () => {
    const { id, key } = await account(3);
    expect(await seal()).toMatchObject({ seals: 1, rows: 4, complete: true });
    expect(await seal()).toMatchObject({ seals: 0, rows: 0 });
    await hold(key, 4);
    expect(await seal()).toMatchObject({ seals: 1, rows: 1 });
    const { rows } = await studio.pool.query(
      `SELECT s.from_seq, s.to_seq, s.previous_digest = b.digest AS continues FROM ledger_seals s
         LEFT JOIN ledger_seals b ON b.account_id = s.account_id AND b.to_seq = s.from_seq - 1
        WHERE s.account_id = $1 ORDER BY s.to_seq`,
      [id],
    );
    expect(rows).toEqual([
      { from_seq: '1', to_seq: '4', continues: null },
      { from_seq: '5', to_seq: '5', continues: true },
    ]);
  });

  test('sealers that run at the same time make one chain', async () => {
    const before = (await operator.get('/v1/ledger/head').expect(200)).body as { position: number };
    const { id } = await account(2);
    await Promise.all([seal(), seal(), seal()]);
    await seal();
    const { rows } = await studio.pool.query('SELECT to_seq FROM ledger_seals WHERE account_id = $1', [id]);
    expect(rows).toEqual([{ to_seq: '3' }]);
    const after = (await operator.get('/v1/ledger/head').expect(200)).body as { position: number; digest: string };
    expect(after).toMatchObject({ position: before.position + 1, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('sealing beside a working ledger misses no row and seals none twice', async () => {
    const { key, id } = await account(0);
    let isDone = false;
    const sealing = (async () => {
      while (!isDone) await seal();
    })();
    await Promise.all(Array.from({ length: 90 }, (_, n) => hold(key, n + 1)));
    isDone = true;
    await sealing;
    await seal();
    const { rows } = await studio.pool.query(
      `SELECT sum(to_seq - from_seq + 1) AS rows, max(to_seq) AS last FROM ledger_seals WHERE account_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ rows: '91', last: '91' }]);
    expect((await studio.app.get(VerifyLedger).run()).broken).toEqual([]);
  });

  test('an account with more rows than one call takes is sealed whole in one run, and those behind it as well', async () => {
    const [one, other] = [await account(0), await account(1)].toSorted((left, right) => (left.id < right.id ? -1 : 1));
    await tamper(
      `UPDATE wallets SET seq = 12000 WHERE account_id = '${one!.id}'`,
      `INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro,
         reserved_after_micro, client, operation, idempotency_key, request_digest, effective_at, created_at)
       SELECT account_id, n, gen_random_uuid(), 'GRANT', 1, 0, 1, 0, 'v1', 'grant', 'many' || n, '', now(), now()
         FROM wallets, generate_series(seq - 11999 + (SELECT max(l.seq) FROM ledger l WHERE l.account_id = '${one!.id}'), seq) n
        WHERE account_id = '${one!.id}'`,
    );
    expect(await seal()).toMatchObject({ complete: true });
    const { rows } = await studio.pool.query(
      `SELECT w.account_id, max(s.to_seq) = w.seq AS is_sealed, sum(s.to_seq - s.from_seq + 1) = w.seq AS is_whole
         FROM wallets w JOIN ledger_seals s USING (account_id) WHERE w.account_id = ANY ($1)
        GROUP BY w.account_id, w.seq ORDER BY w.account_id`,
      [[one!.id, other!.id]],
    );
    expect(rows).toEqual([one, other].map((row) => ({ account_id: row!.id, is_sealed: true, is_whole: true })));
    expect((await studio.app.get(VerifyLedger).run()).broken).toEqual([]);
    await tamper(
      `DELETE FROM ledger_seals; DELETE FROM ledger_seal_heads; DELETE FROM ledger WHERE idempotency_key LIKE 'many%'`,
      `UPDATE wallets w SET seq = (SELECT max(l.seq) FROM ledger l WHERE l.account_id = w.account_id)`,
    );
  });

  test('a gap is not sealed over, and holds up no other account', async () => {
    const [one, other] = [await account(2), await account(1)].toSorted((left, right) => (left.id < right.id ? -1 : 1));
    const gone = `FROM ledger WHERE seq = 2 AND account_id = '${one!.id}'`;
    await tamper(`CREATE TABLE taken_row AS SELECT * ${gone}`, `DELETE ${gone}`);
    expect(await seal()).toMatchObject({ seals: expect.any(Number), complete: true });
    const sealed = async () =>
      (
        await studio.pool.query<{ account_id: string }>(
          'SELECT DISTINCT account_id FROM ledger_seals WHERE account_id = ANY ($1) ORDER BY 1',
          [[one!.id, other!.id]],
        )
      ).rows.map((row) => row.account_id);
    expect(await sealed()).toEqual([other!.id]);
    await tamper('INSERT INTO ledger SELECT * FROM taken_row', 'DROP TABLE taken_row');
    await seal();
    expect(await sealed()).toEqual([one!.id, other!.id]);
  });

  test('a seal fits whatever the session that checks it is set to', async () => {
    const { id, key } = await account(1);
    await operator
      .post(`/v1/operator/accounts/${key}/grants`)
      .send({ amount: 1, reason: 'für Zoë, ₹ 12', idempotency_key: 'second' })
      .expect(201);
    await seal();
    for (const settings of [
      `SET LOCAL timezone = 'Asia/Kolkata'; SET LOCAL datestyle = 'German'; SET LOCAL bytea_output = 'escape'`,
      `SET LOCAL timezone = 'UTC'; SET LOCAL client_encoding = 'LATIN1'; SET LOCAL extra_float_digits = -3`,
    ]) {
      const client = await studio.pool.connect();
      await client.query('BEGIN');
      await client.query(settings);
      const { rows } = await client.query('SELECT * FROM broken_seals_in($1, $1)', [id]);
      await client.query('ROLLBACK');
      client.release();
      expect(rows).toEqual([]);
    }
  });

  test('every column of the ledger is under the seal', async () => {
    const { rows } = await studio.pool.query<{ columns: string[]; form: string }>(
      `SELECT array_agg(a.attname::text) AS columns, pg_get_functiondef('ledger_row_digest'::regproc) AS form
         FROM pg_attribute a WHERE a.attrelid = 'ledger'::regclass AND a.attnum > 0 AND NOT a.attisdropped`,
    );
    const { columns, form } = rows[0]!;
    expect(columns.filter((column) => !new RegExp(`entry\\.${column}\\b`).test(form))).toEqual([]);
  });

  test('seals and heads cannot be changed or removed, not even by their owner', async () => {
    await account(0);
    await seal();
    for (const table of ['ledger_seals', 'ledger_seal_heads']) {
      for (const sql of [`UPDATE ${table} SET position = position`, `DELETE FROM ${table}`, `TRUNCATE ${table}`]) {
        await expect(studio.pool.query(sql)).rejects.toMatchObject({ code: '42501' });
      }
    }
  });
});

describe('verification', () => {
  let id: string;
  beforeEach(async () => {
    ({ id } = await account(4));
    await seal();
    expect(await digestRule(true)).toMatchObject({ ok: true });
    await tamper(
      'CREATE TABLE kept_ledger AS SELECT * FROM ledger; CREATE TABLE kept_seals AS SELECT * FROM ledger_seals',
    );
  });

  const ledgerColumns = `(SELECT string_agg(quote_ident(attname), ',') FROM pg_attribute
     WHERE attrelid = 'ledger'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '')`;
  /** Puts ledger and seals back as they were. */
  async function repair(): Promise<void> {
    const { rows } = await studio.pool.query<{ columns: string }>(`SELECT ${ledgerColumns} AS columns`);
    const columns = rows[0]?.columns ?? '';
    await tamper(
      'DELETE FROM ledger',
      `INSERT INTO ledger (${columns}) SELECT ${columns} FROM kept_ledger`,
      'DELETE FROM ledger_seals',
      'INSERT INTO ledger_seals SELECT * FROM kept_seals',
      'DROP TABLE kept_ledger, kept_seals',
    );
    expect(await digestRule(true)).toMatchObject({ ok: true });
  }

  test.each([
    [
      'a changed reason',
      `UPDATE ledger SET reason = 'a friend asked' WHERE seq = 3 AND account_id =`,
      3,
      'the row was changed',
    ],
    [
      'a moved time',
      `UPDATE ledger SET created_at = created_at + interval '1 microsecond' WHERE seq = 2 AND account_id =`,
      2,
      'the row was changed',
    ],
    [
      'a key of another request',
      `UPDATE ledger SET request_digest = 'x' WHERE seq = 5 AND account_id =`,
      5,
      'the row was changed',
    ],
    ['a deleted row', `DELETE FROM ledger WHERE seq = 4 AND account_id =`, 4, 'the row is missing'],
    ['a deleted last row', `DELETE FROM ledger WHERE seq = 5 AND account_id =`, 5, 'the row is missing'],
    [
      'a changed seal',
      `UPDATE ledger_seals SET digest = sha256('x') WHERE account_id =`,
      1,
      'the seal itself was changed',
    ],
  ])(
    '%s is found, with its account and seq, by the bounded rule and by the full one',
    async (_what, harm, seq, problem) => {
      await tamper(`${harm} '${id}'`);
      for (const full of [false, true]) {
        const rule = await digestRule(full);
        expect(rule?.ok).toBe(false);
        expect(rule?.offending_rows).toContainEqual(expect.objectContaining({ account_id: id, problem }));
        expect(rule?.offending_rows.map((row) => Number(row.seq))).toContain(seq);
      }
      await repair();
    },
  );

  test('a deleted seal is found by the next seal of its account, and by its head', async () => {
    await hold(`v1:partner:${keys}`, 50);
    await seal();
    await tamper(
      `CREATE TABLE taken AS SELECT * FROM ledger_seals WHERE to_seq = 5 AND account_id = '${id}'`,
      `DELETE FROM ledger_seals WHERE to_seq = 5 AND account_id = '${id}'`,
    );
    const { broken } = await studio.app.get(VerifyLedger).run();
    expect(broken).toEqual([
      expect.objectContaining({ accountId: id, seq: 1, problem: 'a seal is missing before this one' }),
      expect.objectContaining({ accountId: null, problem: 'the head was made over 1 seals, there are 0' }),
    ]);
    await tamper('INSERT INTO ledger_seals SELECT * FROM taken', 'DROP TABLE taken, kept_ledger, kept_seals');
    expect(await digestRule(true)).toMatchObject({ ok: true });
  });

  test('a chain cut back to an earlier head fits in itself, and is found by the head kept outside', async () => {
    const verify = studio.app.get(VerifyLedger);
    const { body } = await operator.get('/v1/ledger/head').expect(200);
    const kept = body as { position: number; digest: string };
    expect((await verify.run({ kept })).broken).toEqual([]);
    await tamper(
      `DELETE FROM ledger_seals WHERE position = ${kept.position}`,
      `DELETE FROM ledger_seal_heads WHERE position = ${kept.position}`,
      'DROP TABLE kept_ledger, kept_seals',
    );
    expect((await verify.run()).broken).toEqual([]);
    expect((await verify.run({ kept })).broken).toEqual([
      { accountId: null, seq: null, position: kept.position, problem: 'the head kept outside is not there any more' },
    ]);
    // Sealed again as it was, the chain comes to the same digest; over a changed row it cannot.
    await tamper(`UPDATE ledger SET reason = 'rewritten' WHERE seq = 3 AND account_id = '${id}'`);
    await seal();
    expect((await verify.run()).broken).toEqual([]);
    expect((await verify.run({ kept })).broken).toMatchObject([
      { problem: 'the head kept outside has another digest' },
    ]);
  });
});

test('each head has its turn once in a round, also while heads are added', async () => {
  const { key } = await account(1);
  let held = 1;
  const addHead = async () => {
    await hold(key, (held += 1), 0.001);
    await seal();
  };
  for (let n = 0; n < 40; n += 1) await addHead();
  const { rows } = await studio.pool.query<{ position: string }>(
    'SELECT max(position) - 12 AS position FROM ledger_seal_heads',
  );
  const change = (position: unknown) =>
    tamper(
      `UPDATE ledger_seal_heads SET digest = sha256(digest), previous_digest = sha256(previous_digest) WHERE position = ${String(position)}`,
    );
  await tamper('CREATE TABLE kept_heads AS SELECT * FROM ledger_seal_heads');
  await change(rows[0]?.position);
  const found: string[] = [];
  for (let turn = 0; turn < 8; turn += 1) {
    const { results } = await studio.app.get(CheckInvariants).inTurn({ turn, turns: 8 }, 400_000, new Pace(1));
    const { offendingRows } = results.find(({ invariant }) => invariant.name === 'digest-chain')!;
    found.push(...offendingRows.map((row) => String(row.seal_position)));
    for (let n = 0; n < 5; n += 1) await addHead();
  }
  expect(found).toContain(rows[0]?.position);
  await tamper(
    'UPDATE ledger_seal_heads h SET digest = k.digest, previous_digest = k.previous_digest FROM kept_heads k WHERE k.position = h.position',
    'DROP TABLE kept_heads',
  );
  expect(await digestRule(true)).toMatchObject({ ok: true });
}, 60_000);

test('a long past that was rewritten as a whole is found, and not given up for its size', async () => {
  const { id } = await account(0);
  const rows = 20_000;
  const part = 4000;
  await tamper(`UPDATE wallets SET seq = ${rows}, last_entry_at = now() WHERE account_id = '${id}'`);
  for (let first = 1; first < rows; first += part) {
    await tamper(
      `INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro,
         reserved_after_micro, client, operation, idempotency_key, request_digest, effective_at, created_at)
       SELECT '${id}', n, gen_random_uuid(), 'GRANT', 1, 0, 1, 0, 'v1', 'grant', 'many' || n, '', now(), now()
         FROM generate_series(${first + 1}, ${Math.min(rows, first + part)}) n`,
    );
  }
  // As the sealer does each minute for an account with a hundred rows a minute.
  for (let n = 0; n < rows / 100; n += 1) {
    await studio.pool.query(`SELECT FROM seal_ledger($1, '-infinity', 1, 1, 100)`, [id]);
  }
  await tamper(`UPDATE ledger SET actor = 'nobody' WHERE seq > 1 AND account_id = '${id}'`);
  const findings = await studio.app.get(InvariantQueries).findings({ first: id, last: id });
  const chain = findings.find(({ invariant }) => invariant.name === 'digest-chain');
  expect(chain).toMatchObject({ notChecked: null, offendingCount: rows / 100 });
  await tamper(`UPDATE ledger SET actor = NULL WHERE seq > 1 AND account_id = '${id}'`);
}, 60_000);

test('verify-ledger answers in JSON, names the first row that does not fit, and says so by its exit code', async () => {
  const printed: Record<string, unknown>[] = [];
  const run = async (...words: string[]): Promise<Record<string, unknown> | undefined> => {
    const command = verifyLedgerCommand({
      withDatabase: (work) => work(studio.pool),
      print: (answer) => printed.push(answer as Record<string, unknown>),
    });
    await command
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .parseAsync(words, { from: 'user' });
    return printed.pop();
  };
  const { key, id } = await account(2);
  await seal();
  const sound = await run();
  expect(sound).toMatchObject({
    ok: true,
    broken: 0,
    first: null,
    newest_head: expect.stringMatching(/^\d+:[0-9a-f]{64}$/),
  });
  expect(await run('--head', sound?.newest_head as string)).toMatchObject({ ok: true });
  expect(process.exitCode).toBeUndefined();
  await tamper(`UPDATE ledger SET actor = 'nobody' WHERE seq = 1 AND account_id = '${id}'`);
  expect(await run()).toMatchObject({
    ...{ ok: false, broken: 1 },
    first: { external_key: key, account_id: id, seq: 1, problem: 'the row was changed' },
  });
  expect(process.exitCode).toBe(1);
  process.exitCode = undefined;
  await tamper(
    `UPDATE ledger SET actor = o.actor FROM (SELECT actor FROM ledger WHERE seq = 1 AND account_id <> '${id}' LIMIT 1) o WHERE seq = 1 AND account_id = '${id}'`,
  );
  await expect(run('--head', 'x')).rejects.toThrow('position');
});

describe('receipts and heads', () => {
  async function heads(...accounts: object[]): Promise<AccountHead[]> {
    const { body } = await service.post('/v1/billing/accounts/heads').send({ accounts }).expect(200);
    return (body as AccountHeadsAnswer).heads;
  }

  test('a receipt carries the last seal of its account, once the process knows of it', async () => {
    const { key, id } = await account(1);
    await seal();
    await studio.app.get(LastSeals).refresh();
    const { rows } = await studio.pool.query<{ digest: string }>(
      `SELECT encode(digest, 'hex') AS digest FROM ledger_seals WHERE account_id = $1`,
      [id],
    );
    const seals = { seq: 2, digest: rows[0]?.digest };
    const { body: held } = await hold(key, 2);
    expect(held).toMatchObject({ receipt: { account_seq: 3, last_seal: seals } });
    const { body: refused } = await hold(key, 3, 1000);
    expect(refused).toMatchObject({ code: 'INSUFFICIENT_CREDITS', receipt: { account_seq: 3, last_seal: seals } });
    expect(await heads({ external_key: key, sealed_seq: 2 })).toEqual([
      { external_key: key, account_seq: 3, event_seq: 0, known: null, digest_at: rows[0]?.digest, last_seal: seals },
    ]);
  });

  test('a head says of a command, a stored refusal and an event whether it is there, also to a service that was renamed', async () => {
    const { key } = await account(1);
    await hold(key, 2, 1000);
    const event = { source_system: 'v1', event_type: 'x', external_account_key: key, idempotency_key: 'e1' };
    await service.post('/v1/billing/events').send(event).expect(201);
    const renamed = await studio.app
      .get(ServiceTokens)
      .issue({ client: 'v1-renamed', scopes: ['status:read'], namespace: 'v1:' });
    const asked = [
      { operation: 'reserve', idempotency_key: 'r1' },
      { operation: 'reserve', idempotency_key: 'r2' },
      { operation: 'consume', idempotency_key: 'r1' },
      { operation: 'event', idempotency_key: 'e1' },
      { operation: 'event', idempotency_key: 'r1' },
    ];
    const accounts = asked.map((question) => ({ external_key: key, ...question }));
    const { body } = await studio
      .as({ 'x-service-token': renamed.token })
      .post('/v1/billing/accounts/heads')
      .send({ accounts })
      .expect(200);
    expect((body as AccountHeadsAnswer).heads.map(({ known }) => known)).toEqual([true, true, false, true, false]);
    const answers = await heads(...accounts);
    expect(answers.map(({ known }) => known)).toEqual([true, true, false, true, false]);
    expect(answers[0]).toMatchObject({ account_seq: 2, event_seq: 1 });
    expect(await heads({ external_key: 'v1:partner:987' })).toMatchObject([{ account_seq: 0, known: null }]);
  });

  test('refuses what is not 1 to 500 accounts of the token’s namespace', async () => {
    const ask = (accounts: unknown) => service.post('/v1/billing/accounts/heads').send({ accounts });
    expect((await ask([])).status).toBe(400);
    expect((await ask([{ external_key: 'nobody' }])).status).toBe(400);
    expect((await ask([{ external_key: 'v1:partner:1', sealed_seq: 0 }])).status).toBe(400);
    expect((await ask([{ external_key: 'v2:tenant:1' }])).status).toBe(403);
    expect((await ask(Array.from({ length: 501 }, () => ({ external_key: 'v1:partner:1' })))).status).toBe(400);
    const other = studio.as(await studio.serviceToken({ scopes: ['events:write'] }));
    expect((await other.post('/v1/billing/accounts/heads').send({ accounts: [] })).status).toBe(403);
    expect((await service.get('/v1/ledger/head')).status).toBe(403);
  });
});
