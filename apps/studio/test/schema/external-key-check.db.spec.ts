import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EXTERNAL_KEY_PATTERN } from '@tandem/contracts';
import type { TestDatabase } from '@tandem/devkit/test-database';
import fc from 'fast-check';
import pg from 'pg';
import { createStudioDatabase } from '../start-studio.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createStudioDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** What the table's own check says of each text. */
async function accepted(texts: readonly string[]): Promise<boolean[]> {
  const { rows: checks } = await client.query<{ expression: string }>(
    `SELECT pg_get_expr(conbin, conrelid) AS expression FROM pg_constraint WHERE conname = 'accounts_external_key_check'`,
  );
  const { rows } = await client.query<{ accepted: boolean }>(
    `SELECT ${checks[0]?.expression} AS accepted FROM unnest($1::text[]) WITH ORDINALITY k (external_key, place) ORDER BY place`,
    [texts],
  );
  return rows.map((row) => row.accepted);
}

test('the table accepts the keys of the contract and no others', async () => {
  const head = fc.constantFrom(
    'v1:partner:',
    'v1:channel:',
    'v2:tenant:',
    'v1:tenant:',
    'v2:external',
    'V1:client:',
    '',
  );
  const id = fc.oneof(
    fc.stringMatching(/^0?[0-9]{0,4}$/),
    fc.stringMatching(/^[A-Za-z0-9_-]{0,12}[:\n .é]?0?[0-9]?$/),
    fc.integer({ min: 126, max: 131 }).map((length) => 'a'.repeat(length)),
    fc.integer({ min: 126, max: 131 }).map((length) => '0'.repeat(length)),
  );
  const texts = fc.sample(
    fc.tuple(head, id).map(([start, end]) => start + end),
    3000,
  );
  const answers = await accepted(texts);
  expect(texts.filter((text, index) => answers[index] !== EXTERNAL_KEY_PATTERN.test(text))).toEqual([]);
  expect(new Set(answers)).toEqual(new Set([true, false]));
});
