import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, stopAbandoned } from '../packages/devkit/dist/postgres/start-postgres.js';

const PREFIX = 'tandem-jest-';

/** One throw-away PostgreSQL per run; TEST_DATABASE_URL names a server to use instead. */
export default async function setup() {
  process.env.TEST_DATABASE_RUN = randomBytes(4).toString('hex');
  if (process.env.TEST_DATABASE_URL) {
    process.env.TEST_DATABASE_ADMIN_URL = process.env.TEST_DATABASE_URL;
    return;
  }
  await sweepAbandonedClusters();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // mkdtemp makes 0700; as root the server runs as another user, which must be able to enter.
  chmodSync(folder, 0o755);
  const postgres = await startPostgres({
    dataDir: join(folder, 'data'),
    port: 0,
    forTests: true,
    databases: [],
    log: () => undefined,
  });
  globalThis.tandemTestCluster = { postgres, folder };
  process.env.TEST_DATABASE_ADMIN_URL = postgres.url('postgres');
}

/** A killed run leaves its server and its folder behind; the number in the folder's name tells whose it was. */
async function sweepAbandonedClusters() {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const owner = Number(name.slice(PREFIX.length).split('-')[0]);
    if (isRunning(owner)) continue;
    const folder = join(tmpdir(), name);
    await stopAbandoned(join(folder, 'data'));
    rmSync(folder, { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
