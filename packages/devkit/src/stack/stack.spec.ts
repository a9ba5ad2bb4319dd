import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackDescription } from './stack.ts';
import type { StackSettings } from './settings.ts';

jest.setTimeout(90_000);

// Small programs with the command line and the addresses the apps promise; every call is written to a file.
const CLI = `
import { appendFileSync } from 'node:fs';
const [command, ...rest] = process.argv.slice(2);
appendFileSync(process.env.CALLS, command + ' ' + rest.filter((word) => word.includes('@')).join('') + '\\n');
console.log(JSON.stringify(command === 'issue-service-token' ? { id: 'abc', token: 'tdm_abc_' + rest[1] } : {}));
`;
const MAIN = (variable: string) => `
import { createServer } from 'node:http';
if (process.env.BROKEN) throw new Error('V1_PUBLIC_URL is missing');
createServer((request, response) => {
  if (request.url === '/environment') response.end(JSON.stringify(process.env));
  else response.end(String(process.pid));
}).listen(Number(process.env.${variable}), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

interface Run {
  child: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
}

let folder: string;
const runs: Run[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-stack-'));
  chmodSync(folder, 0o755);
  for (const [app, variable] of [
    ['v1', 'V1_PORT'],
    ['studio', 'STUDIO_PORT'],
  ] as const) {
    mkdirSync(join(folder, 'apps', app, 'dist'), { recursive: true });
    writeFileSync(join(folder, 'apps', 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'apps', app, 'dist', 'cli.js'), CLI);
    writeFileSync(join(folder, 'apps', app, 'dist', 'main.js'), MAIN(variable));
  }
});

afterEach(async () => {
  for (const run of runs.splice(0)) {
    run.child.kill('SIGTERM');
    await run.exited;
  }
  rmSync(folder, { recursive: true, force: true });
});

function start(changes: Partial<StackSettings> = {}, env: Record<string, string> = {}): Run {
  const settings: StackSettings = {
    ...{ dataDir: join(folder, 'data'), appsDir: join(folder, 'apps'), demoWorld: false },
    ...{ ports: { v1: 0, studio: 0, postgres: 0 }, databases: {}, ...changes },
  };
  const module = new URL('../../dist/stack/run-stack.js', import.meta.url).href;
  const source = `import { runStack } from '${module}'; await runStack(${JSON.stringify(settings)}, process.env);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    env: { ...process.env, CALLS: join(folder, 'calls'), ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (output += piece.toString()));
  const run = { child, output: () => output, exited: once(child, 'exit').then(([code]) => code as number | null) };
  runs.push(run);
  return run;
}

/** Resolves when the run has printed `text`; throws with all it printed when it ends before. */
async function printed(run: Run, text: string): Promise<void> {
  while (!run.output().includes(text)) {
    if (run.child.exitCode !== null) throw new Error(`ended without printing "${text}":\n${run.output()}`);
    await Promise.race([once(run.child.stdout!, 'data'), once(run.child.stderr!, 'data'), run.exited]);
  }
}

const description = () => JSON.parse(readFileSync(join(folder, 'data', 'stack.json'), 'utf8')) as StackDescription;
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
const get = async (url: string) => (await fetch(url)).text();

describe('runStack', () => {
  test('starts everything, tells where it is, stops in order, and keeps users and tokens for the next start', async () => {
    const first = start({}, { FEATURE: 'on' });
    await printed(first, 'Tandem is running');
    const described = description();
    expect(statSync(join(folder, 'data', 'stack.json')).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'data', 'secrets.json')).mode & 0o077).toBe(0);
    expect(calls().filter((call) => call.startsWith('create-user'))).toHaveLength(7);
    expect(first.output()).toContain(described.users[0]!.password);

    const v1 = JSON.parse(await get(`${described.v1.url}/environment`)) as Record<string, string>;
    expect(v1).toMatchObject({
      STUDIO_BASE_URL: described.studio.url,
      STUDIO_SERVICE_TOKEN: described.service_token,
      DEFAULT_BILLING_MODE: 'POSTPAID',
      FEATURE: 'on',
    });
    // The apps work with few rights, and do not even know the owner of their tables.
    const studio = JSON.parse(await get(`${described.studio.url}/environment`)) as Record<string, string>;
    expect(new URL(v1['DATABASE_URL'] ?? '').username).toBe('tandem_v1');
    expect(new URL(studio['STUDIO_DATABASE_URL'] ?? '').username).toBe('tandem_studio');
    expect([v1['MIGRATION_DATABASE_URL'], studio['STUDIO_MIGRATION_DATABASE_URL']]).toEqual([undefined, undefined]);
    first.child.kill('SIGINT');
    expect(await first.exited).toBe(0);
    await expect(get(described.v1.url)).rejects.toThrow();
    expect(existsSync(join(folder, 'data', 'postgres', 'postmaster.pid'))).toBe(false);

    rmSync(join(folder, 'calls'));
    const second = start();
    await printed(second, 'Tandem is running');
    expect(description()).toMatchObject({ users: described.users, service_token: described.service_token });
    expect(calls().map((call) => call.trim())).toEqual(['migrate', 'migrate']);
  });

  test('a service and the database killed with kill -9 come back; after kill -9 of the starter a new one takes over', async () => {
    const first = start();
    await printed(first, 'Tandem is running');
    const { v1 } = description();
    const pid = Number(await get(v1.url));
    process.kill(pid, 'SIGKILL');
    await printed(first, 'v1 ended unexpectedly (SIGKILL)');

    const pidFile = join(folder, 'data', 'postgres', 'postmaster.pid');
    process.kill(Number(readFileSync(pidFile, 'utf8').split('\n')[0]), 'SIGKILL');
    await printed(first, 'PostgreSQL ended unexpectedly');

    first.child.kill('SIGKILL');
    await first.exited;
    const second = start();
    await printed(second, 'Tandem is running');
    expect(Number(await get(description().v1.url))).not.toBe(pid);
  });

  test('a second start on the same folder says so and leaves the first alone', async () => {
    const first = start();
    await printed(first, 'Tandem is running');
    const second = start();
    expect(await second.exited).toBe(1);
    expect(second.output()).toMatch(/already runs on .* Stop that one with Ctrl-C/);
    expect((await fetch(description().studio.url)).status).toBe(200);
  });

  test('a taken port is named together with the variable that changes it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const run = start({ ports: { v1: 0, studio: port, postgres: 0 } });
    expect(await run.exited).toBe(1);
    expect(run.output()).toMatch(new RegExp(`Port ${port} is taken.*STUDIO_PORT=0`));
    other.close();
  });

  test('a service that cannot boot shows its own last words, and nothing stays behind', async () => {
    const run = start({}, { BROKEN: 'yes' });
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain('V1_PUBLIC_URL is missing');
    expect(existsSync(join(folder, 'data', 'postgres', 'postmaster.pid'))).toBe(false);
  });
});
