import { join } from 'node:path';
import { startPostgres, type RunningPostgres } from '../postgres/start-postgres.ts';
import type { AppName } from './services.ts';
import type { StackSettings } from './settings.ts';

export interface StackDatabases {
  /** As the owner of the tables, in the embedded server; a server of one's own as the settings say. */
  urls: Record<AppName, string>;
  /** Where the server is ours, and so are its roles. */
  embedded: Record<AppName, boolean>;
  /** Says where they are, for the progress list. */
  summary: string;
  stop(): Promise<void>;
}

const CHECK_INTERVAL_MS = 1_000;

/** The databases of both apps: embedded ones, kept running, unless the settings name servers of one's own. */
export async function startDatabases(settings: StackSettings, report: (line: string) => void): Promise<StackDatabases> {
  const { v1, studio } = settings.databases;
  const embedded = { v1: v1 === undefined, studio: studio === undefined };
  if (v1 && studio) {
    return { urls: { v1, studio }, embedded, summary: 'servers of your own', stop: () => Promise.resolve() };
  }
  const start = (port: number) =>
    startPostgres({
      dataDir: join(settings.dataDir, 'postgres'),
      port,
      databases: ['tandem_v1', 'tandem_studio'],
      log: report,
    });
  const first = await start(settings.ports.postgres);
  const stop = keepRunning(first, () => start(first.port), report);
  return {
    urls: { v1: v1 ?? first.url('tandem_v1'), studio: studio ?? first.url('tandem_studio') },
    embedded,
    summary: `embedded PostgreSQL on port ${first.port}`,
    stop,
  };
}

/** Starts the server again, on the same port, when it dies. Returns the way to stop it for good. */
function keepRunning(
  first: RunningPostgres,
  start: () => Promise<RunningPostgres>,
  report: (line: string) => void,
): () => Promise<void> {
  let server = first;
  let restarting: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (restarting || server.isAlive()) return;
    report('PostgreSQL ended unexpectedly; starting it again');
    restarting = start()
      .then((started) => void (server = started))
      .catch((error: unknown) => report(`PostgreSQL could not be started again: ${String(error)}`))
      .finally(() => (restarting = undefined));
  }, CHECK_INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await restarting;
    await server.stop();
  };
}
