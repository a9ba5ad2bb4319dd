import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@tandem/devkit/test-database';
import { createCommands } from '../src/commands.ts';
import { V1_MIGRATIONS } from '../src/migrations/index.ts';

let empty: TestDatabase;
beforeAll(async () => {
  empty = await createTestDatabase([]);
});
afterAll(() => empty.drop());

/** What a command prints. */
async function run(...words: string[]): Promise<unknown> {
  const printed: unknown[] = [];
  const program = createCommands({
    environment: { NODE_ENV: 'test', DATABASE_URL: empty.url },
    print: (value) => printed.push(value),
  });
  for (const command of [program, ...program.commands]) command.exitOverride().configureOutput({ writeErr: () => {} });
  await program.parseAsync(words, { from: 'user' });
  expect(printed).toHaveLength(1);
  return printed[0];
}

test('an empty database gets every migration once, also when two start together', async () => {
  const ran = (await Promise.all([run('migrate'), run('migrate')])) as { migrations: string[] }[];
  expect(ran.flatMap(({ migrations }) => migrations)).toHaveLength(V1_MIGRATIONS.length);
  expect(await run('migrate')).toEqual({ migrations: [] });
});

test('creating a user again changes role and client but makes no second user', async () => {
  const user = ['create-user', '--email', 'A@tandem.test', '--password', 'correct horse battery', '--name', 'A'];
  const first = await run(...user, '--role', 'staff');
  expect(first).toMatchObject({ email: 'A@tandem.test', role: 'staff', client_id: null });
  expect(await run(...user, '--role', 'staff')).toEqual(first);
  expect(await run(...user, '--role', 'readonly')).toMatchObject({
    id: (first as { id: number }).id,
    role: 'readonly',
  });
});

test('refuses a role nobody knows, a short password and scopes that are none', async () => {
  const user = ['create-user', '--email', 'b@tandem.test', '--name', 'B'];
  await expect(run(...user, '--password', 'correct horse battery', '--role', 'king')).rejects.toThrow('king');
  await expect(run(...user, '--password', 'short')).rejects.toThrow();
  await expect(run('issue-service-token', '--client', 'x', '--scopes', 'a,')).rejects.toThrow('scopes');
});

test('a service token is printed once, with its id', async () => {
  const issued = await run('issue-service-token', '--client', 'api', '--scopes', 'invoices:read', '--namespace', '');
  expect(issued).toEqual({ id: expect.any(String), token: expect.stringMatching(/^tdm_/) });
});
