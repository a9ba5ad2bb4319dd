import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@tandem/devkit/test-database';
import pg from 'pg';
import { migrateV1, V1_APPLICATION_ROLE } from '../src/migrations/migrate-v1.ts';

/** Append-only by decision. Others may become so; these must never stop to be. */
const APPEND_ONLY = ['billing_audit', 'creations', 'invoice_timeline', 'payments'];

let database: TestDatabase;
let owner: pg.Client;
let application: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase([], (ownerUrl, applicationUrl) =>
    migrateV1({ owner: ownerUrl, application: applicationUrl }),
  );
  owner = new pg.Client({ connectionString: database.url });
  application = new pg.Client({ connectionString: database.applicationUrl });
  await Promise.all([owner.connect(), application.connect()]);
});
afterAll(async () => {
  await application?.end();
  await owner?.end();
  await database?.drop();
});

describe('the role V1 signs in as', () => {
  test('may add to append-only tables and read them, nothing else; no other table may be emptied or used for more', async () => {
    const { rows } = await owner.query<{ name: string; append_only: boolean; privileges: string[] }>(
      `SELECT c.relname AS name,
              EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = c.relname || '_append_only') AS append_only,
              ARRAY(SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
                     WHERE has_table_privilege($1, c.oid, p)) AS privileges
         FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`,
      [new URL(database.applicationUrl).username],
    );
    const { deletesFrom, readsOnly } = V1_APPLICATION_ROLE;
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining([...deletesFrom, ...readsOnly]));
    const appendOnly = rows.filter((table) => table.append_only).map(({ name }) => name);
    expect(appendOnly).toEqual(expect.arrayContaining(APPEND_ONLY));
    for (const { name, append_only, privileges } of rows) {
      const update = append_only ? [] : ['UPDATE', ...(deletesFrom.includes(name) ? ['DELETE'] : [])];
      const expected = readsOnly.includes(name) ? ['SELECT'] : ['SELECT', 'INSERT', ...update];
      expect([name, privileges]).toEqual([name, expected]);
    }
  });

  test.each([
    ...APPEND_ONLY.flatMap((table) => [`DELETE FROM ${table}`, `TRUNCATE ${table} CASCADE`]),
    'UPDATE billing_audit SET actor = actor',
    'ALTER TABLE billing_audit DISABLE TRIGGER ALL',
    'DROP TABLE invoices',
    'CREATE TABLE mine (id int)',
    'DELETE FROM invoices',
  ])('is refused: %s', async (statement) => {
    await expect(application.query(statement)).rejects.toMatchObject({ code: '42501' });
  });
});
