import { grantApplicationRole, type ApplicationRole } from '@tandem/platform/database/grant-application-role';
import { migrate } from '@tandem/platform/database/migrate';
import { migrateJobs } from '@tandem/platform/jobs/migrate-jobs';
import { STUDIO_MIGRATIONS } from './index.ts';

/**
 * What Studio may do with its own database while it works. Tables with the append-only trigger take new rows only; the
 * rest may be updated, and only those named here may lose rows.
 */
export const STUDIO_APPLICATION_ROLE: ApplicationRole = {
  name: 'tandem_studio_app',
  deletesFrom: ['alert_positions', 'alert_thresholds', 'login_attempts', 'lot_holds'],
  readsOnly: ['ledger_incarnation', 'migrations'],
};

/**
 * Brings Studio's database up to date: tables, job queue, and last the rights on both. Safe to run again and at once.
 *
 * @param urls.owner owns the tables
 * @param urls.application what Studio signs in as; the same as `owner` where one role does both
 * @returns names of the migrations that ran now
 */
export async function migrateStudio(urls: { readonly owner: string; readonly application: string }): Promise<string[]> {
  const applied = await migrate(urls.owner, STUDIO_MIGRATIONS);
  await migrateJobs(urls.owner);
  await grantApplicationRole(urls, STUDIO_APPLICATION_ROLE);
  return applied;
}
