#!/usr/bin/env node
import 'reflect-metadata';
import { SystemClock } from '@tandem/platform/clock';
import { dataSourceOptions } from '@tandem/platform/database/data-source-options';
import { PgPool } from '@tandem/platform/database/pool';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { explainFailure } from '@tandem/platform/explain-failure';
import { Passwords } from '@tandem/platform/identity/passwords';
import { ServiceTokenChanges } from '@tandem/platform/identity/service-token-changes';
import { ServiceTokens } from '@tandem/platform/identity/service-tokens';
import { Users } from '@tandem/platform/identity/users';
import { Command, Option } from 'commander';
import { DataSource } from 'typeorm';
import { loadDatabaseUrl, loadMigrationUrls } from './config/env.ts';
import { migrateStudio } from './migrations/migrate-studio.ts';
import type { Actor } from './modules/audit/audit-entry.ts';
import { AuditQueries } from './modules/audit/audit.queries.ts';
import { AuditStore } from './modules/audit/audit.store.ts';
import { AuditTrail } from './modules/audit/audit-trail.ts';
import { STUDIO_ROLES } from './modules/operator/operator-roles.ts';
import { ChangeServiceTokens } from './modules/service-tokens/change-service-tokens.ts';
import { verifyLedgerCommand } from './modules/seals/verify-ledger.command.ts';

/** Runs one command's work over a connection that is closed afterwards. */
async function withDatabase<T>(work: (pool: PgPool, uow: UnitOfWork) => Promise<T>): Promise<T> {
  const url = loadDatabaseUrl();
  const dataSource = new DataSource(
    dataSourceOptions({ url, poolMax: 2, entities: [], applicationName: 'studio-cli' }),
  );
  await dataSource.initialize();
  try {
    return await work(new PgPool(dataSource), new UnitOfWork(dataSource));
  } finally {
    await dataSource.destroy();
  }
}

/** Whoever has the database and a command line. */
const COMMAND_LINE: Actor = { email: 'command line', role: 'system' };

function trailOf(uow: UnitOfWork): AuditTrail {
  return new AuditTrail(uow, new AuditStore());
}

function print(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

const program = new Command('studio').description('First steps and upkeep of Studio. Each command prints JSON.');

program
  .command('migrate')
  .description('bring the database up to date; safe to run again, and from several machines at once')
  .action(async () => {
    print({ applied: await migrateStudio(loadMigrationUrls()) });
  });

program
  .command('verify-audit')
  .description(
    'go through the chain of the audit trail and name the lines that do not fit; exit code 1 when there are any',
  )
  .action(async () => {
    await withDatabase(async (pool) => {
      const found = await new AuditQueries(pool).verify();
      print({ ok: found.brokenCount === 0, ...found });
      if (found.brokenCount > 0) process.exitCode = 1;
    });
  });

program
  .command('create-user')
  .alias('create-operator')
  .description('create a person who may sign in; an e-mail that is known already is left as it is')
  .requiredOption('--email <email>')
  .requiredOption('--password <password>', 'at least 12 characters')
  .requiredOption('--name <name>')
  .addOption(new Option('--role <role>').choices([...STUDIO_ROLES]).makeOptionMandatory())
  .action(async (options: { email: string; password: string; name: string; role: string }) => {
    await withDatabase(async (pool, uow) => {
      const users = new Users(pool, new Passwords(), STUDIO_ROLES);
      const known = await users.findByEmail(options.email);
      const user = known ?? (await users.create(options));
      if (known === null) {
        const { role, name } = user;
        const target = `user:${user.email}`;
        await trailOf(uow).recordDone({ act: 'user_created', actor: COMMAND_LINE, target, after: { role, name } });
      }
      print({ id: user.id, email: user.email, role: user.role, name: user.name, created: known === null });
    });
  });

program
  .command('issue-service-token')
  .description('issue a credential for another service; it is shown this once')
  .requiredOption('--client <client>', 'name of the service; the same for every token it rotates through')
  .requiredOption('--scopes <scopes>', 'comma-separated, for example credits:reserve,status:read')
  .option('--namespace <prefix>', 'accounts it may use, for example v1: (empty: all)', '')
  .action(async (options: { client: string; scopes: string; namespace: string }) => {
    const scopes = options.scopes
      .split(',')
      .map((scope) => scope.trim())
      .filter((scope) => scope !== '');
    const grant = { client: options.client, scopes, namespace: options.namespace || null, expiresAt: null };
    await withDatabase(async (pool, uow) => {
      const changes = new ServiceTokenChanges();
      const tokens = new ServiceTokens(pool);
      const issuing = new ChangeServiceTokens(uow, changes, tokens, trailOf(uow), new SystemClock());
      const { row, token } = await issuing.issue({ actor: COMMAND_LINE, reason: 'issued on the command line' }, grant);
      print({ id: row.id, token });
    });
  });

program.addCommand(verifyLedgerCommand({ withDatabase, print }));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exitCode = 1;
}
