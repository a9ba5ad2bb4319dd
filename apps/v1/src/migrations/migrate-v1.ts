import { grantApplicationRole, type ApplicationRole } from '@tandem/platform/database/grant-application-role';
import { migrate } from '@tandem/platform/database/migrate';
import { migrateJobs } from '@tandem/platform/jobs/migrate-jobs';
import { V1_MIGRATIONS } from './index.ts';

/**
 * What V1 may do with its own database while it works. Tables with the append-only trigger take new rows only; the rest
 * may be updated, and only those named here may lose rows.
 */
export const V1_APPLICATION_ROLE: ApplicationRole = {
  name: 'tandem_v1_app',
  deletesFrom: ['login_attempts', 'studio_decisions'],
  readsOnly: ['migrations'],
};

/**
 * Brings V1's database up to date: tables, job queue, and last the rights on both. Safe to run again and at once.
 *
 * @param urls.owner owns the tables
 * @param urls.application what V1 signs in as; the same as `owner` where one role does both
 * @returns names of the migrations that ran now
 */
export async function migrateV1(urls: { readonly owner: string; readonly application: string }): Promise<string[]> {
  const applied = await migrate(urls.owner, V1_MIGRATIONS);
  await migrateJobs(urls.owner);
  await grantApplicationRole(urls, V1_APPLICATION_ROLE);
  return applied;
}
