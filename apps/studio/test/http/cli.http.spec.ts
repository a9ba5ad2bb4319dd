import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { createStudioDatabase } from '../start-studio.ts';

const { argv } = process;
let written: string[];
let printed: string[];

beforeEach(() => {
  written = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  printed = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
  delete process.env.STUDIO_DATABASE_URL;
});
afterEach(() => {
  delete process.env.STUDIO_DATABASE_URL;
  jest.restoreAllMocks();
  process.argv = argv;
  process.exitCode = undefined;
});

test('a missing setting is named without a stack trace, and the exit code says no', async () => {
  process.argv = ['node', 'cli.js', 'migrate'];
  await import('../../src/cli.ts');
  expect(written.join('')).toMatch(/^The configuration has 1 problem\(s\):\n {2}- STUDIO_DATABASE_URL [^\n]*\n$/);
  expect(process.exitCode).toBe(1);
});

describe('a service token issued on the command line', () => {
  const issue = async (turn: string, scopes: string, namespace = 'v1:'): Promise<void> => {
    process.argv = [
      'node',
      'cli.js',
      'issue-service-token',
      '--client',
      'v1',
      '--namespace',
      namespace,
      '--scopes',
      scopes,
    ];
    // The file runs the command when it is loaded: each turn loads it anew.
    await import(`../../src/cli.ts?${turn}`);
  };

  test('works, and is in the trail; one no token may be is refused in one line', async () => {
    const database = await createStudioDatabase();
    const client = new pg.Client({ connectionString: database.url });
    try {
      await client.connect();
      process.env.STUDIO_DATABASE_URL = database.applicationUrl;
      await issue('first', 'status:read, events:write');
      const { id, token } = JSON.parse(printed.join('')) as { id: string; token: string };
      expect(token).toMatch(/^tdm_/);
      const { rows } = await client.query('SELECT act, actor, target, after FROM audit_entries');
      expect(rows).toEqual([
        {
          act: 'service_token_issued',
          actor: 'command line',
          target: `service-token:${id}`,
          after: { client: 'v1', scopes: ['status:read', 'events:write'], namespace: 'v1:', expires_at: null },
        },
      ]);
      await issue('second', 'credits:manage');
      expect(written.join('')).toBe('credits:manage is never given to a token bound to v1: accounts\n');
      expect(process.exitCode).toBe(1);
      expect((await client.query('SELECT id FROM service_tokens')).rows).toEqual([{ id }]);
      // No person can issue it over HTTP.
      await issue('third', 'credits:manage', 'v2:');
      const managing = "SELECT actor, after->'scopes' AS scopes FROM audit_entries WHERE after->>'namespace' = 'v2:'";
      expect((await client.query(managing)).rows).toEqual([{ actor: 'command line', scopes: ['credits:manage'] }]);
    } finally {
      await client.end();
      await database.drop();
    }
  });
});
