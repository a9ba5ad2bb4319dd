import { DataSource, type MixedList } from 'typeorm';
import { withAdvisoryLock } from './with-advisory-lock.ts';

/** A migration class; its name ends in the 13 digits that order it. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type for migration classes
export type MigrationClass = Function;

/**
 * Brings a database up to date. Safe to call from several processes at once.
 *
 * @returns names of the migrations that ran now.
 */
export async function migrate(url: string, migrations: readonly MigrationClass[]): Promise<string[]> {
  return withAdvisoryLock(url, 'tandem migrations', async () => {
    const dataSource = new DataSource({
      type: 'postgres',
      url,
      applicationName: 'migrate',
      poolSize: 2,
      migrations: [...migrations] as unknown as MixedList<string>,
      migrationsTransactionMode: 'each',
      installExtensions: false,
      // A migration that waits for a busy table would make everybody else wait behind it.
      extra: { lock_timeout: 5000 },
    });
    await dataSource.initialize();
    try {
      const done = await dataSource.runMigrations();
      return done.map((migration) => migration.name);
    } finally {
      await dataSource.destroy();
    }
  });
}
