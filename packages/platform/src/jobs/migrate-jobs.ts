import { Logger as WorkerLogger, runMigrations } from 'graphile-worker';
import { withAdvisoryLock } from '../database/with-advisory-lock.ts';

/** Installs or updates the queue's own schema, `graphile_worker`. Safe to call from several processes at once. */
export async function migrateJobs(url: string): Promise<void> {
  await withAdvisoryLock(url, 'tandem jobs', () =>
    runMigrations({ connectionString: url, logger: new WorkerLogger(() => () => undefined) }),
  );
}
