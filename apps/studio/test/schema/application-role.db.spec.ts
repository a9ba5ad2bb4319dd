import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestDatabase } from '@tandem/devkit/test-database';
import { grantApplicationRole } from '@tandem/platform/database/grant-application-role';
import pg from 'pg';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/env.ts';
import { createStudioApp } from '../../src/create-app.ts';
import { migrateStudio, STUDIO_APPLICATION_ROLE } from '../../src/migrations/migrate-studio.ts';
import { createStudioDatabase, startStudio } from '../start-studio.ts';

/** Append-only by decision. Others may become so; these must never stop to be. */
const APPEND_ONLY = [
  'account_changes',
  'audit_entries',
  'balance_alerts',
  'billing_events',
  'ledger',
  'ledger_seals',
  'unposted_outcomes',
  'webhook_attempts',
  'webhook_messages',
];
const ACCOUNT = '00000000-0000-5000-8000-000000000001';

let database: TestDatabase;
let owner: pg.Client;
let application: pg.Client;

beforeAll(async () => {
  database = await createStudioDatabase();
  owner = new pg.Client({ connectionString: database.url });
  application = new pg.Client({ connectionString: database.applicationUrl });
  await Promise.all([owner.connect(), application.connect()]);
  await owner.query(`
    INSERT INTO accounts (account_id, external_key) VALUES ('${ACCOUNT}', 'v1:partner:1');
    INSERT INTO wallets (account_id, billing_mode) VALUES ('${ACCOUNT}', 'CREDIT')`);
});
afterAll(async () => {
  await application?.end();
  await owner?.end();
  await database?.drop();
});

/** Every table of ours, with what the catalog says the application may do with it. */
async function tables(): Promise<{ name: string; append_only: boolean; privileges: string[] }[]> {
  const { rows } = await owner.query<{ name: string; append_only: boolean; privileges: string[] }>(
    `SELECT c.relname AS name,
            EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = c.relname || '_append_only') AS append_only,
            ARRAY(SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
                   WHERE has_table_privilege($1, c.oid, p)) AS privileges
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`,
    [new URL(database.applicationUrl).username],
  );
  return rows;
}

const refused = (statement: string) => expect(application.query(statement)).rejects.toMatchObject({ code: '42501' });

describe('the role Studio signs in as', () => {
  test('may add to append-only tables and read them, nothing else; no other table may be emptied or used for more', async () => {
    const all = await tables();
    const appendOnly = all.filter((table) => table.append_only);
    expect(appendOnly.map(({ name }) => name)).toEqual(expect.arrayContaining(APPEND_ONLY));
    for (const { name, privileges } of appendOnly) expect([name, privileges]).toEqual([name, ['SELECT', 'INSERT']]);
    const { deletesFrom, readsOnly } = STUDIO_APPLICATION_ROLE;
    for (const { name, privileges } of all.filter((table) => !table.append_only)) {
      const more = readsOnly.includes(name)
        ? []
        : ['INSERT', 'UPDATE', ...(deletesFrom.includes(name) ? ['DELETE'] : [])];
      expect([name, privileges]).toEqual([name, ['SELECT', ...more]]);
    }
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining([...deletesFrom, ...readsOnly]));
  });

  test('is told so by the server for each append-only table', async () => {
    for (const { name } of (await tables()).filter((table) => table.append_only)) {
      const column = (
        await owner.query<{ name: string }>(
          'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum = 1',
          [name],
        )
      ).rows[0]?.name;
      await refused(`UPDATE ${name} SET ${column} = ${column}`);
      await refused(`DELETE FROM ${name}`);
      await refused(`TRUNCATE ${name} CASCADE`);
    }
  });

  test.each([
    'CREATE TABLE mine (id int)',
    'DROP TABLE ledger',
    'ALTER TABLE ledger DISABLE TRIGGER ALL',
    'ALTER TABLE wallets DROP CONSTRAINT wallets_not_overdrawn',
    'DROP TRIGGER ledger_append_only ON ledger',
    'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
    'CREATE SCHEMA mine',
    'CREATE ROLE mine',
    `SET session_replication_role = replica`,
    'GRANT UPDATE ON ledger TO PUBLIC',
    'DELETE FROM wallets',
    `UPDATE ledger_incarnation SET incarnation = gen_random_uuid()`,
    `COPY ledger TO PROGRAM 'cat'`,
  ])('may not %s', async (statement) => {
    const outcome = await application.query(statement).catch((error: pg.DatabaseError) => error.code);
    // A GRANT without the right to give it is only a warning: what counts is that nothing was given.
    if (statement.startsWith('GRANT')) {
      const { rows } = await owner.query(`SELECT has_table_privilege($1, 'ledger', 'UPDATE') AS given`, [
        STUDIO_APPLICATION_ROLE.name,
      ]);
      expect(rows).toEqual([{ given: false }]);
    } else expect(outcome).toBe('42501');
  });
});

test('a service that signs in as the owner says so at its start; one with a role of its own does not', async () => {
  const warnings = async (url: string): Promise<string[]> => {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const app = await createStudioApp(
      loadConfig({ NODE_ENV: 'test', STUDIO_DATABASE_URL: url, JOBS_ENABLED: 'false' }),
      logger,
    );
    await app.init();
    await app.close();
    return lines.filter((line) => line.includes('owner of the tables'));
  };
  expect(await warnings(database.url)).toHaveLength(1);
  expect(await warnings(database.applicationUrl)).toEqual([]);
});

test('jobs are queued, run and finished with these rights', async () => {
  const studio = await startStudio({ database, env: { JOBS_ENABLED: 'true' } });
  const left = async () =>
    (await owner.query<{ task: string }>('SELECT task_identifier AS task FROM graphile_worker.jobs')).rows;
  try {
    await application.query(`SELECT graphile_worker.add_job('check-invariants', job_key => 'spec')`);
    while ((await left()).some(({ task }) => task === 'check-invariants'))
      await new Promise((tick) => setTimeout(tick, 20));
    // The worker keeps a failed job with its error: nothing failed.
    expect(
      (await owner.query('SELECT last_error FROM graphile_worker.jobs WHERE last_error IS NOT NULL')).rows,
    ).toEqual([]);
  } finally {
    await studio.close();
  }
});

describe('constraints refuse, whatever the application does', () => {
  test('available below the limit', async () => {
    const take = (micro: number) => application.query(`UPDATE wallets SET balance_micro = ${micro}`);
    await expect(take(-1)).rejects.toMatchObject({ code: '23514', constraint: 'wallets_not_overdrawn' });
    await expect(application.query('UPDATE wallets SET reserved_micro = balance_micro + 1')).rejects.toMatchObject({
      code: '23514',
      constraint: 'wallets_not_overdrawn',
    });
  });

  test('a second hold for the same work, and a hold that is resolved and open at once', async () => {
    const hold = (id: number, resolved = 'NULL') =>
      application.query(`
        INSERT INTO reservations (account_id, reservation_id, amount_micro, held_micro, ref_type, ref_id, acceptance, client,
          idempotency_key, created_at, expires_at, resolved_at)
        VALUES ('${ACCOUNT}', '00000000-0000-7000-8000-00000000000${id}', 5, 5, 'job', '1', 1, 'v1', 'k${id}', now(), now(), ${resolved})`);
    await hold(1);
    await expect(hold(2)).rejects.toMatchObject({ code: '23505' });
    await expect(hold(3, 'now()')).rejects.toMatchObject({ code: '23514' });
  });

  test('a key used twice: for a movement, for a refusal, for an event', async () => {
    const twice = async (statement: string) => {
      await application.query(statement);
      await expect(application.query(statement.replace('/*seq*/1', '2'))).rejects.toMatchObject({ code: '23505' });
    };
    await twice(`
      INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro,
        reserved_after_micro, client, operation, idempotency_key, request_digest, effective_at, created_at)
      VALUES ('${ACCOUNT}', /*seq*/1, gen_random_uuid(), 'GRANT', 5, 0, 5, 0, 'v1', 'grant', 'k', '', now(), now())`);
    await twice(`
      INSERT INTO unposted_outcomes (account_id, client, operation, idempotency_key, outcome_id, request_digest, outcome,
        account_seq, created_at)
      VALUES ('${ACCOUNT}', 'v1', 'reserve', 'k', gen_random_uuid(), '', 'IGNORED', 1, now())`);
    await twice(`
      INSERT INTO billing_events (account_id, event_seq, event_id, source_system, event_type, idempotency_key,
        request_digest, client, payload, received_at)
      VALUES ('${ACCOUNT}', /*seq*/1, gen_random_uuid(), 'v1', 'x', 'k', '', 'v1', '{}', now())`);
  });
});

describe('migrating again', () => {
  test('covers tables that came since, and takes back rights somebody gave by hand', async () => {
    await owner.query(`
      CREATE TABLE came_later (id int);
      CREATE TRIGGER came_later_append_only BEFORE UPDATE OR DELETE ON came_later
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
      GRANT UPDATE, TRUNCATE ON ledger TO ${STUDIO_APPLICATION_ROLE.name}`);
    expect(await migrateStudio({ owner: database.url, application: database.applicationUrl })).toEqual([]);
    const rights = (await tables()).filter(({ name }) => ['came_later', 'ledger'].includes(name));
    expect(rights.map(({ privileges }) => privileges)).toEqual([
      ['SELECT', 'INSERT'],
      ['SELECT', 'INSERT'],
    ]);
    await owner.query('DROP TABLE came_later');
  });

  test('at once from two machines is harmless', async () => {
    const urls = { owner: database.url, application: database.applicationUrl };
    await Promise.all([1, 2, 3].map(() => grantApplicationRole(urls, STUDIO_APPLICATION_ROLE)));
    await expect(application.query('SELECT count(*) FROM ledger')).resolves.toBeDefined();
  });

  test('makes the login of the URL, keeps its password out of the statement, and sets a new one', async () => {
    const login = `tandem_login_${process.pid}`;
    const urlWith = (password: string) => {
      const url = new URL(database.url);
      url.username = login;
      url.password = password;
      return url.href;
    };
    try {
      for (const password of ['first pass/word', 'second:p@ss']) {
        const application = urlWith(encodeURIComponent(password));
        await grantApplicationRole({ owner: database.url, application }, STUDIO_APPLICATION_ROLE);
        const client = new pg.Client({ connectionString: application });
        await client.connect();
        await expect(client.query('SELECT count(*) FROM ledger')).resolves.toBeDefined();
        await expect(client.query('DELETE FROM ledger')).rejects.toMatchObject({ code: '42501' });
        await client.end();
      }
    } finally {
      await owner.query(`DROP ROLE IF EXISTS ${login}`);
    }
  });
});
