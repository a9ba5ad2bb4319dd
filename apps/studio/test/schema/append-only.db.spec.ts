import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestDatabase } from '@tandem/devkit/test-database';
import pg from 'pg';
import { createStudioDatabase } from '../start-studio.ts';

let database: TestDatabase;
let client: pg.Client;

/** One row in each append-only table, of one account. */
const ROWS = `
  INSERT INTO accounts (account_id, external_key) VALUES ('00000000-0000-5000-8000-000000000001', 'v1:partner:1');
  INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro,
    reserved_after_micro, client, operation, idempotency_key, request_digest, effective_at, created_at)
  VALUES ('00000000-0000-5000-8000-000000000001', 1, gen_random_uuid(), 'GRANT', 5, 0, 5, 0, 'v1', 'grant', 'k', '', now(), now());
  INSERT INTO unposted_outcomes (account_id, client, operation, idempotency_key, outcome_id, request_digest, outcome,
    account_seq, created_at)
  VALUES ('00000000-0000-5000-8000-000000000001', 'v1', 'reserve', 'k', gen_random_uuid(), '', 'IGNORED', 1, now());
  INSERT INTO account_changes (account_id, change_id, kind, after, actor)
  VALUES ('00000000-0000-5000-8000-000000000001', gen_random_uuid(), 'ENROLLED', '{}', 'x');
  INSERT INTO billing_events (account_id, event_seq, event_id, source_system, event_type, idempotency_key,
    request_digest, client, payload, received_at)
  VALUES ('00000000-0000-5000-8000-000000000001', 1, gen_random_uuid(), 'v1', 'x', 'k', '', 'v1', '{}', now());`;

beforeAll(async () => {
  database = await createStudioDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(ROWS);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

describe.each(['ledger', 'unposted_outcomes', 'account_changes', 'billing_events'])('%s is append-only', (table) => {
  test.each([`UPDATE ${table} SET account_id = account_id`, `DELETE FROM ${table}`, `TRUNCATE ${table} CASCADE`])(
    'the database refuses %s, for its owner too',
    async (statement) => {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
      const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
      expect(rows).toEqual([{ count: '1' }]);
    },
  );
});

describe('the catalog', () => {
  test('every amount has a check, and every table of an account leads its keys with the account', async () => {
    const { rows: unchecked } = await client.query<{ name: string }>(`
      SELECT c.table_name || '.' || c.column_name AS name
        FROM information_schema.columns c
        JOIN information_schema.tables t USING (table_schema, table_name)
       WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.column_name LIKE '%\\_micro'
         AND NOT EXISTS (SELECT 1 FROM information_schema.constraint_column_usage u
                           JOIN information_schema.check_constraints k USING (constraint_schema, constraint_name)
                          WHERE u.table_name = c.table_name AND u.column_name = c.column_name)`);
    // What a refused command asked for is a record of a text from outside, not an amount anybody has.
    expect(unchecked).toEqual([{ name: 'unposted_outcomes.amount_micro' }]);
    const { rows: keys } = await client.query<{ table: string; leads: string }>(`
      SELECT c.conrelid::regclass::text AS table, a.attname AS leads
        FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
       WHERE c.contype IN ('p', 'u') AND c.connamespace = 'public'::regnamespace
         AND EXISTS (SELECT 1 FROM pg_attribute o WHERE o.attrelid = c.conrelid AND o.attname = 'account_id')
         AND a.attname <> 'account_id'`);
    expect(keys).toEqual([{ table: 'accounts', leads: 'external_key' }]);
  });

  test.each(['v1:partner:07', 'v1:tenant:1', 'v3:partner:1', 'v1:partner:', 'v1:partner:a b', 'V1:partner:1'])(
    'no account can have the key %s',
    async (key) => {
      await expect(
        client.query('INSERT INTO accounts (account_id, external_key) VALUES (gen_random_uuid(), $1)', [key]),
      ).rejects.toMatchObject({ code: '23514' });
    },
  );
});
