import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort, isPortFree } from '../free-port.ts';
import { findBinaries, type Binaries } from './binaries.ts';
import { placeDataFolder, prepareDataFolder, serverEnvironment, type DataFolder } from './data-folder.ts';
import { clearZombie, livenessOf, readPostmaster, type Postmaster } from './postmaster.ts';
import { chooseServerUser, type ServerUser } from './server-user.ts';

export interface PostgresOptions {
  /** Moves to /var/lib/tandem when run as root and the server's user cannot reach this path. */
  dataDir: string;
  /** 0: the port of last time if it is free, else any. A server already running on the folder keeps its port. */
  port: number;
  /** No fsync and no full page writes: faster. A commit survives kill -9, but a power cut may ruin the data. */
  forTests?: boolean;
  /** Created when missing. */
  databases: string[];
  /** More of the server's settings, as `name=value`. Nothing when it already runs. */
  settings?: readonly string[];
  log: (line: string) => void;
}

export interface RunningPostgres {
  dataDir: string;
  port: number;
  pid: number;
  url(database: string): string;
  isAlive(): boolean;
  /** Ends the server, whoever started it. Resolves when it is gone. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 20_000;

/**
 * Starts the embedded PostgreSQL on a data folder, or adopts the server that already runs there: it is detached, so it
 * outlives a killed starter. Throws with the server's last log lines when it does not come up within 20 s.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const user = chooseServerUser();
  const binaries = findBinaries(user);
  const place = placeDataFolder(options.dataDir, user);
  if (place !== resolve(options.dataDir)) {
    options.log(`PostgreSQL's user cannot reach ${options.dataDir}; its data is kept in ${place}`);
  }
  const folder = await prepareDataFolder(place, binaries, user);
  const { pid, port } = await startOrAdopt(folder, binaries, user, options);
  const url = (database: string) => `postgres://${folder.user}:${folder.password}@127.0.0.1:${port}/${database}`;
  await createMissingDatabases(url('postgres'), options.databases);
  return {
    dataDir: folder.path,
    port,
    pid,
    url,
    isAlive: () => livenessOf(pid) === 'running',
    stop: () => stopPostmaster(folder.path, pid),
  };
}

async function startOrAdopt(
  folder: DataFolder,
  binaries: Binaries,
  user: ServerUser | undefined,
  options: PostgresOptions,
): Promise<Postmaster> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let child: ChildProcess | undefined;
  for (;;) {
    const running = await findRunning(folder);
    if (running) {
      writeFileSync(portFile(folder.path), String(running.port));
      if (running.pid !== child?.pid) options.log(`adopted the PostgreSQL already running on port ${running.port}`);
      return running;
    }
    if (Date.now() > deadline) {
      const lastLines = readFileSync(folder.logFile, 'utf8').trim().split('\n').slice(-8).join('\n');
      throw new Error(
        `PostgreSQL did not start on ${folder.path} within 20 s. Last lines of ${folder.logFile}:\n${lastLines}`,
      );
    }
    const isStarting = child !== undefined && child.exitCode === null && child.signalCode === null;
    if (!isStarting && !isHeld(folder.path)) {
      // Refused starts are tried again: after kill -9 the shared memory stays taken until the last backend has ended.
      if (child) await delay(200);
      child = spawnServer(folder, binaries, user, await choosePort(folder.path, options.port), options);
    }
    await delay(25);
  }
}

/** Whether another process holds the folder: a living postmaster that does not answer yet, or one just being stopped. */
function isHeld(dataDir: string): boolean {
  const recorded = readPostmaster(dataDir);
  if (!recorded) return false;
  const liveness = livenessOf(recorded.pid);
  if (liveness === 'zombie') clearZombie(dataDir);
  return liveness === 'running';
}

async function findRunning(folder: DataFolder): Promise<Postmaster | undefined> {
  const recorded = readPostmaster(folder.path);
  if (!recorded || recorded.port === 0 || livenessOf(recorded.pid) !== 'running') return undefined;
  const { user, password } = folder;
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: recorded.port, database: 'postgres', user, password },
    connectionTimeoutMillis: 2_000,
  });
  // A server that dies mid-connection reports here as well; the caller simply asks again.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const answer = await client.query<{ data_directory: string }>('show data_directory');
    return answer.rows[0]?.data_directory === folder.path ? recorded : undefined;
  } catch {
    // Not listening yet, starting up, shutting down, or not ours (other password): the caller's deadline decides.
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const portFile = (dataDir: string) => join(dataDir, 'tandem.port');

async function choosePort(dataDir: string, wanted: number): Promise<number> {
  if (wanted !== 0) {
    if (await isPortFree(wanted)) return wanted;
    throw new Error(`Port ${wanted} for PostgreSQL is taken. Set POSTGRES_PORT to a free one, or to 0 for any.`);
  }
  const remembered = readRememberedPort(dataDir);
  return remembered !== undefined && (await isPortFree(remembered)) ? remembered : freePort();
}

function readRememberedPort(dataDir: string): number | undefined {
  try {
    return Number(readFileSync(portFile(dataDir), 'utf8')) || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function spawnServer(
  folder: DataFolder,
  binaries: Binaries,
  user: ServerUser | undefined,
  port: number,
  { forTests = false, settings: more = [] }: PostgresOptions,
): ChildProcess {
  const settings = ['max_connections=300', ...(forTests ? ['fsync=off', 'full_page_writes=off'] : []), ...more];
  const log = openSync(folder.logFile, 'a', 0o600);
  const child = spawn(
    binaries.postgres,
    [
      '-D',
      folder.path,
      '-p',
      String(port),
      '-h',
      '127.0.0.1',
      '-k',
      '',
      ...settings.flatMap((setting) => ['-c', setting]),
    ],
    { ...user, cwd: folder.path, detached: true, stdio: ['ignore', log, log], env: serverEnvironment() },
  );
  closeSync(log);
  // A failed spawn shows as an exit; the deadline then reports it with the log.
  child.on('error', () => undefined);
  child.unref();
  return child;
}

async function createMissingDatabases(adminUrl: string, databases: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    for (const database of databases) {
      const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
      if (rowCount === 0) await createDatabase(client, database);
    }
  } finally {
    await client.end();
  }
}

async function createDatabase(client: pg.Client, database: string): Promise<void> {
  try {
    await client.query(`create database ${pg.escapeIdentifier(database)}`);
  } catch (error) {
    // Another starter of the same folder created it meanwhile (the second code when both insert at once).
    if (!['42P04', '23505'].includes((error as pg.DatabaseError).code ?? '')) throw error;
  }
}

/** Ends the server of a data folder whose starter is gone; nothing happens when none runs there. */
export async function stopAbandoned(dataDir: string): Promise<void> {
  const recorded = readPostmaster(dataDir);
  if (recorded) await stopPostmaster(dataDir, recorded.pid);
}

async function stopPostmaster(dataDir: string, pid: number): Promise<void> {
  if (readPostmaster(dataDir)?.pid !== pid || livenessOf(pid) !== 'running') return;
  // SIGINT is PostgreSQL's fast shutdown: sessions are ended, the data folder is left clean.
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  // The pid file goes a moment before the server does: wait for the server itself.
  while (livenessOf(pid) === 'running') {
    if (Date.now() > deadline) {
      process.kill(pid, 'SIGQUIT');
      throw new Error(
        `PostgreSQL (pid ${pid}) did not stop within 20 s and was told to abort; the next start recovers it.`,
      );
    }
    await delay(20);
  }
}
