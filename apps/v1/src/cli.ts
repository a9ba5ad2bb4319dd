#!/usr/bin/env node
import { dataSourceOptions } from '@tandem/platform/database/data-source-options';
import { migrate } from '@tandem/platform/database/migrate';
import { PgPool } from '@tandem/platform/database/pool';
import { DomainError, ValidationError } from '@tandem/platform/errors';
import { Passwords } from '@tandem/platform/identity/passwords';
import { ServiceTokens } from '@tandem/platform/identity/service-tokens';
import { Users } from '@tandem/platform/identity/users';
import { migrateJobs } from '@tandem/platform/jobs/migrate-jobs';
import { ConfigError } from '@tandem/platform/config';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DataSource } from 'typeorm';
import { loadDatabaseUrl } from './config/env.ts';
import { V1_MIGRATIONS } from './migrations/index.ts';
import { V1_ROLES } from './modules/identity/roles.ts';

const program = new Command('tandem-v1')
  .description('Administration of V1. The database is named by the environment variable DATABASE_URL.')
  .showHelpAfterError();

program
  .command('migrate')
  .description('Bring the database up to date: tables of V1 and of its job queue. Safe to run again and at once.')
  .action(async () => {
    const url = loadDatabaseUrl(process.env);
    const ran = await migrate(url, V1_MIGRATIONS);
    await migrateJobs(url);
    print({ migrations: ran });
  });

program
  .command('create-user')
  .alias('create-admin')
  .description('Add a user, or bring role and client of an existing one up to date. A known user keeps its password.')
  .requiredOption('--email <email>', 'address to sign in with')
  .requiredOption('--password <password>', 'at least 12 characters; only used for a new user')
  .addOption(new Option('--role <role>', 'what the user may do').choices(V1_ROLES).default('admin'))
  .option('--name <name>', 'name shown to others; the address by default')
  .option('--client-id <id>', 'the one client a publisher belongs to', parseId)
  .action(async (options: { email: string; password: string; role: string; name?: string; clientId?: number }) => {
    const user = await withPool(async (pool) => {
      const users = new Users(pool, new Passwords(), V1_ROLES);
      const known = await users.findByEmail(options.email);
      if (known === null) return users.create({ ...options, name: options.name ?? options.email });
      const clientId = options.clientId ?? known.client_id;
      if (known.role === options.role && known.client_id === clientId) return known;
      return users.update(known.id, known.version, { role: options.role, active: known.active, clientId });
    });
    print(user);
  });

program
  .command('issue-service-token')
  .description('Issue a token for another program. It is shown this once; any number may be valid at the same time.')
  .requiredOption('--client <name>', 'program the token is for; rotation keeps the name')
  .requiredOption('--scopes <list>', 'what it may do, separated by commas, for example invoices:read')
  .option('--namespace <prefix>', 'prefix of the account keys it may touch; empty for no limit', '')
  .action(async (options: { client: string; scopes: string; namespace: string }) => {
    const issued = await withPool((pool) =>
      new ServiceTokens(pool).issue({
        client: options.client,
        scopes: options.scopes.split(',').map((scope) => scope.trim()),
        namespace: options.namespace === '' ? null : options.namespace,
      }),
    );
    print(issued);
  });

function parseId(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a positive integer.');
  return Number(text);
}

async function withPool<T>(work: (pool: PgPool) => Promise<T>): Promise<T> {
  const url = loadDatabaseUrl(process.env);
  const dataSource = new DataSource(dataSourceOptions({ url, poolMax: 2, entities: [], applicationName: 'v1-cli' }));
  await dataSource.initialize();
  try {
    return await work(new PgPool(dataSource));
  } finally {
    await dataSource.destroy();
  }
}

/** One JSON value on standard output, for people and scripts alike. */
function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

try {
  await program.parseAsync();
} catch (error) {
  const isRefusal = error instanceof DomainError || error instanceof ConfigError;
  const details = error instanceof ValidationError ? error.errors.map(({ message }) => message).join('; ') : undefined;
  // Refusals say what to do in one line; anything else is a fault and needs its stack.
  process.stderr.write(`${isRefusal ? (details ?? error.message) : ((error as Error).stack ?? String(error))}\n`);
  process.exitCode = 1;
}
