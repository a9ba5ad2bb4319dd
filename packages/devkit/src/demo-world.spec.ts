import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ServiceClient } from './demo/service-client.ts';
import { Story, UnexpectedError } from './demo/story.ts';
import { userOf } from './demo/user-of.ts';
import { WalkThrough } from './demo/walk-through.ts';
import { buildDemoWorld } from './demo-world.ts';
import { LAST_ASSIGNMENT } from './demo-world/cast.ts';
import type { ServiceProcess } from './service-process.ts';
import { newSecrets } from './stack/secrets.ts';
import { createFirstAccounts, migrateDatabases, startServices } from './stack/services.ts';
import type { StackDescription } from './stack/stack.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

const logDir = mkdtempSync(join(tmpdir(), 'tandem-demo-world-'));
let databases: Record<'v1' | 'studio', TestDatabase>;
let services: Record<'v1' | 'studio', ServiceProcess>;
let stack: StackDescription;

beforeAll(async () => {
  databases = { v1: await createTestDatabase([]), studio: await createTestDatabase([]) };
  const urls = { v1: databases.v1.url, studio: databases.studio.url };
  const env = { v1: { STUDIO_LANE_SWEEP_MS: '100' } };
  const options = { databases: urls, secrets: newSecrets(), logDir, env };
  await migrateDatabases(options);
  const secrets = await createFirstAccounts(options);
  services = await startServices({ ...options, secrets });
  stack = {
    v1: { url: services.v1.url },
    studio: { url: services.studio.url },
    service_token: '',
    api_key: '',
    users: secrets.users,
    accounts: [],
    databases: urls,
  };
}, 60_000);

afterAll(async () => {
  await Promise.all(Object.values(services).map((service) => service.stop()));
  await Promise.all(Object.values(databases).map((database) => database.drop()));
  rmSync(logDir, { recursive: true, force: true });
});

async function inV1<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: stack.databases.v1 });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Everything the world consists of that a second start could double or move. */
async function world(): Promise<unknown> {
  const studio = await ServiceClient.signIn(stack.studio.url, userOf(stack, 'studio', 'operator'));
  return {
    accounts: (
      await studio.get<{ items: { external_key: string; credit: object }[] }>('/v1/operator/accounts?limit=100')
    ).items.map(({ external_key, credit }) => ({ external_key, credit })),
    parties: await inV1('SELECT name FROM partners UNION ALL SELECT name FROM clients ORDER BY name'),
    assignments: await inV1('SELECT code FROM assignments ORDER BY code'),
    invoices: await inV1('SELECT number, state, due_date::text, amount_paid_minor FROM invoices ORDER BY id'),
    commissions: await inV1('SELECT title, state FROM commissions ORDER BY id'),
  };
}

test('the demo world has accounts and documents of every kind, and building it again changes nothing', async () => {
  const accounts = await buildDemoWorld(stack);
  const first = await world();
  expect(new Set(accounts.map(({ billing_mode }) => billing_mode))).toEqual(new Set(['CREDIT', 'POSTPAID']));
  expect(first).toMatchObject({
    accounts: expect.arrayContaining([
      { external_key: 'v1:partner:1', credit: { wallet: 100, reserved: 0, available: 100 } },
      { external_key: 'v1:partner:4', credit: { wallet: 3, reserved: 3, available: 0 } },
    ]),
  });
  const states = await inV1<{ state: string }>('SELECT DISTINCT state FROM invoices');
  expect(states.map(({ state }) => state).sort()).toEqual([
    'DRAFT',
    'ISSUED',
    'PAID',
    'PARTIALLY_PAID',
    'SENT',
    'VOID',
  ]);
  const late = await inV1(`SELECT 1 FROM invoices WHERE due_date < now()::date AND state IN ('ISSUED', 'SENT')`);
  expect(late).toHaveLength(2);

  expect(await buildDemoWorld(stack)).toEqual(accounts);
  expect(await world()).toEqual(first);
  // As after a start that was killed just before the end.
  await inV1(`DELETE FROM assignments WHERE code = '${LAST_ASSIGNMENT.code}'`);
  await buildDemoWorld(stack);
  expect(await world()).toEqual(first);
});

test('the walk-through sees what it promises, from enrolment to an empty outbox, and says so', async () => {
  const v1 = await ServiceClient.signIn(stack.v1.url, userOf(stack, 'v1', 'admin'));
  const studio = await ServiceClient.signIn(stack.studio.url, userOf(stack, 'studio', 'operator'));
  const lines: string[] = [];
  await new WalkThrough(v1, studio, new Story((line) => lines.push(line))).tell();
  expect(lines.filter((line) => /^\n\d/.test(line))).toHaveLength(8);
  expect(lines.join('\n')).toContain('reservation of 5 is CONSUMED');
  expect(lines.at(-1)).toContain('0 pending, 0 parked');
});

test('a check that does not hold stops the walk-through with what was seen', () => {
  const story = new Story(() => undefined);
  expect(() => story.check(false, 'two credits', { credits: 1 }, 'look again')).toThrow(UnexpectedError);
});
