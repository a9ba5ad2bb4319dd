import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { randomBytes } from 'node:crypto';
import { importBuilt } from './checkout.mjs';

const { chooseServerUser } = await importBuilt('packages/devkit/dist/postgres/server-user.js');
const { placeDataFolder } = await importBuilt('packages/devkit/dist/postgres/data-folder.js');
const { freePort } = await importBuilt('packages/devkit/dist/free-port.js');

const START_TIMEOUT_MS = 20_000;

/**
 * Starts the PostgreSQL whose `initdb` and `postgres` are in `programs`, on a new cluster with the settings given: to
 * know what another version, or the same one compiled otherwise, makes of the figures.
 * @returns what `startPostgres` of the devkit returns, as far as benchmarks use it
 */
export async function startOtherPostgres(programs, wantedFolder, settings) {
  const user = chooseServerUser();
  const folder = placeDataFolder(wantedFolder, user);
  const passwordFile = `${folder}.password`;
  const password = randomBytes(24).toString('base64url');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of user ? [folder, passwordFile] : []) chownSync(path, user.uid, user.gid);
  const asUser = { ...user, cwd: folder };
  const fixed = ['--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C'];
  await promisify(execFile)(join(programs, 'initdb'), ['-D', folder, '-U', 'postgres', ...fixed], asUser);
  const port = await freePort();
  const log = openSync(`${folder}.log`, 'w', 0o600);
  const parameters = [
    '-D',
    folder,
    '-p',
    String(port),
    '-h',
    '127.0.0.1',
    '-k',
    '',
    ...['max_connections=300', ...settings].flatMap((setting) => ['-c', setting]),
  ];
  const child = spawn(join(programs, 'postgres'), parameters, { ...asUser, stdio: ['ignore', log, log] });
  closeSync(log);
  await untilReady(child, folder);
  return {
    pid: child.pid,
    url: (database) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** The postmaster says in its file when it takes connections. */
async function untilReady(child, folder) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!isReady(folder)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`PostgreSQL did not start on ${folder}:\n${readFileSync(`${folder}.log`, 'utf8')}`);
    }
    await delay(50);
  }
}

function isReady(folder) {
  try {
    return /^ready/m.test(readFileSync(join(folder, 'postmaster.pid'), 'utf8'));
  } catch (error) {
    // Not written yet.
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}
