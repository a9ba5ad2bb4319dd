import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres, type RunningPostgres } from './start-postgres.ts';

jest.setTimeout(60_000);

let folder: string;
const started: RunningPostgres[] = [];
const lines: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-postgres-'));
  // mkdtemp makes 0700; the server's user must be able to enter.
  chmodSync(folder, 0o755);
  lines.length = 0;
});

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(dataDir = join(folder, 'nested', 'data')): Promise<RunningPostgres> {
  const server = await startPostgres({
    ...{ dataDir, port: 0, forTests: true, databases: ['ledger', 'billing'] },
    log: (line) => lines.push(line),
  });
  started.push(server);
  return server;
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('startPostgres', () => {
  test('brings the committed rows back on the same port after the server was killed with kill -9', async () => {
    const first = await start();
    await query(first.url('ledger'), 'create table entry (amount int); checkpoint; insert into entry values (42)');
    process.kill(first.pid, 'SIGKILL');

    const second = await start();
    expect(second.pid).not.toBe(first.pid);
    expect(second.port).toBe(first.port);
    expect(await query(second.url('ledger'), 'select amount from entry')).toEqual([{ amount: 42 }]);
  });

  test('two simultaneous first starts of one folder share one server', async () => {
    const [first, second] = await Promise.all([start(), start()]);
    expect(second.pid).toBe(first.pid);
    expect(second.url('billing')).toBe(first.url('billing'));
  });

  test('a later start adopts the running server and says so', async () => {
    const first = await start();
    const second = await start();
    expect(second.pid).toBe(first.pid);
    expect(lines.join('\n')).toMatch(/adopted the PostgreSQL already running/);
  });

  test('stop leaves a clean folder whose next start keeps rows and port', async () => {
    const first = await start();
    await query(first.url('billing'), 'create table invoice as select 7 as id');
    await first.stop();
    expect(first.isAlive()).toBe(false);
    expect(existsSync(join(first.dataDir, 'postmaster.pid'))).toBe(false);

    const second = await start();
    expect(second.port).toBe(first.port);
    expect(await query(second.url('billing'), 'select id from invoice')).toEqual([{ id: 7 }]);
  });

  test('asks for a password, and only the owner can read it', async () => {
    const server = await start();
    expect(statSync(`${server.dataDir}.password`).mode & 0o077).toBe(0);
    const wrong = server.url('ledger').replace(/:[^:@]+@/, ':wrong@');
    await expect(query(wrong, 'select 1')).rejects.toThrow(/password authentication failed/);
  });

  test('works below a folder that only its owner may enter', async () => {
    chmodSync(folder, 0o700);
    const server = await start(join(folder, 'private', 'data'));
    expect(await query(server.url('ledger'), 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    // Run as root, the data has moved out of the private folder.
    for (const suffix of ['', '.log', '.password']) rmSync(server.dataDir + suffix, { recursive: true, force: true });
  });
});
