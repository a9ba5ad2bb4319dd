import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startService, type ServiceProcess } from './service-process.ts';

const SERVICE = `
import { createServer } from 'node:http';
const server = createServer((request, response) => response.end(process.env.GREETING));
server.listen(Number(process.env.BIKE_PORT), '127.0.0.1');
process.on('SIGTERM', () => { console.log('stopped in order'); process.exit(0); });
`;

let folder: string;
let logFile: string;
let service: ServiceProcess | undefined;
const lines: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-service-'));
  logFile = join(folder, 'logs', 'bike.log');
  lines.length = 0;
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function start(source: string, restart = false): Promise<ServiceProcess> {
  const entry = join(folder, 'main.mjs');
  writeFileSync(entry, source);
  service = await startService({
    ...{ name: 'bike', entry, logFile, env: { GREETING: 'ride' } },
    ...(restart ? { restartAfterCrash: (line: string) => lines.push(line) } : {}),
  });
  return service;
}

const greeting = async (running: ServiceProcess) => (await fetch(running.url)).text();

describe('startService', () => {
  test('is ready on a free port, stops on SIGTERM and keeps the log', async () => {
    const bike = await start(SERVICE);
    await bike.ready();
    expect(await greeting(bike)).toBe('ride');
    await bike.stop();
    expect(readFileSync(logFile, 'utf8')).toContain('stopped in order');
    await expect(greeting(bike)).rejects.toThrow();
  });

  test('stays down after kill -9 until it is restarted, on the same address', async () => {
    const bike = await start(SERVICE);
    await bike.ready();
    const { pid, url } = bike;
    await bike.kill9();
    await expect(greeting(bike)).rejects.toThrow();
    await bike.restart();
    expect(bike.url).toBe(url);
    expect(bike.pid).not.toBe(pid);
    expect(await greeting(bike)).toBe('ride');
  });

  test('a supervised service is back within 10 s of a kill -9, and one line says so', async () => {
    const bike = await start(SERVICE, true);
    await bike.ready();
    await bike.kill9();
    await bike.ready(10_000);
    expect(await greeting(bike)).toBe('ride');
    expect(lines).toEqual([expect.stringMatching(/^bike ended unexpectedly \(SIGKILL\)/)]);
  });

  test('a service that fails at boot reports its own last words', async () => {
    const bike = await start('throw new Error("V1_SESSION_SECRET is missing")');
    await expect(bike.ready()).rejects.toThrow(/ended before it was ready[^]*V1_SESSION_SECRET is missing/);
  });

  test.each([
    ['once it is ready', 'await service.ready();'],
    ['while it is still booting', ''],
  ])('a service does not outlive a starter that is killed with kill -9 %s', async (_when, wait) => {
    writeFileSync(join(folder, 'main.mjs'), SERVICE);
    const starter = `
      import { startService } from '${new URL('../dist/service-process.js', import.meta.url).href}';
      const options = { name: 'bike', entry: '${join(folder, 'main.mjs')}', logFile: '${logFile}', env: {} };
      const service = await startService(options);
      ${wait}
      process.stdout.write(String(service.pid), () => process.kill(process.pid, 'SIGKILL'));
    `;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', starter]);
    const { stdout } = await run.catch((error: { stdout: string }) => error);
    const pid = Number(stdout);
    expect(pid).toBeGreaterThan(0);
    while (isThere(pid)) await delay(20);
  });
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Where nobody collects orphans a zombie stays behind; it holds nothing.
  return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
