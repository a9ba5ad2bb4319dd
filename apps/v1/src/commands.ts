import type { Environment } from '@tandem/platform/config';
import { dataSourceOptions } from '@tandem/platform/database/data-source-options';
import { migrate } from '@tandem/platform/database/migrate';
import { PgPool } from '@tandem/platform/database/pool';
import { Passwords } from '@tandem/platform/identity/passwords';
import { ServiceTokens } from '@tandem/platform/identity/service-tokens';
import { type User, Users } from '@tandem/platform/identity/users';
import { migrateJobs } from '@tandem/platform/jobs/migrate-jobs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DataSource } from 'typeorm';
import { loadDatabaseUrl } from './config/env.ts';
import { V1_MIGRATIONS } from './migrations/index.ts';
import { V1_ROLES, type V1Role } from './modules/identity/roles.ts';

export interface CommandContext {
  /** Names the database; the process's own environment by default. */
  readonly environment?: Environment;
  /** Takes the one JSON value each command answers with. */
  readonly print: (value: unknown) => void;
}

interface UserOptions {
  readonly email: string;
  readonly password: string;
  readonly role: V1Role;
  readonly name?: string;
  readonly clientId?: number;
}

/** V1's administration on the command line. */
export function createCommands({ environment, print }: CommandContext): Command {
  const program = new Command('tandem-v1')
    .description('Administration of V1. The environment variable DATABASE_URL names the database.')
    .showHelpAfterError();
  const url = () => loadDatabaseUrl(environment);

  program
    .command('migrate')
    .description('Bring the database up to date: tables of V1 and of its job queue. Safe to run again and at once.')
    .action(async () => {
      const ran = await migrate(url(), V1_MIGRATIONS);
      await migrateJobs(url());
      print({ migrations: ran });
    });

  program
    .command('create-user')
    .alias('create-admin')
    .description('Add a user, or bring role and client of a known one up to date. A known user keeps its password.')
    .requiredOption('--email <email>', 'address to sign in with')
    .requiredOption('--password <password>', 'at least 12 characters; only used for a new user')
    .addOption(new Option('--role <role>', 'what the user may do').choices(V1_ROLES).default('admin'))
    .option('--name <name>', 'name shown to others; the address by default')
    .option('--client-id <id>', 'the one client a publisher belongs to', parseId)
    .action(async (options: UserOptions) => print(await withPool(url(), (pool) => ensureUser(pool, options))));

  program
    .command('issue-service-token')
    .description('Issue a token for another program. It is shown this once; several may be valid at the same time.')
    .requiredOption('--client <name>', 'program the token is for; rotation keeps the name')
    .requiredOption('--scopes <list>', 'what it may do, separated by commas, for example invoices:read', parseList)
    .option('--namespace <prefix>', 'prefix of the account keys it may touch; empty for no limit', '')
    .action(async ({ client, scopes, namespace }: { client: string; scopes: string[]; namespace: string }) => {
      const token = { client, scopes, namespace: namespace === '' ? null : namespace };
      print(await withPool(url(), (pool) => new ServiceTokens(pool).issue(token)));
    });

  return program;
}

async function ensureUser(pool: PgPool, { email, password, role, name, clientId }: UserOptions): Promise<User> {
  const users = new Users(pool, new Passwords(), V1_ROLES);
  const known = await users.findByEmail(email);
  if (known === null) return users.create({ email, password, role, name: name ?? email, clientId: clientId ?? null });
  const client = clientId ?? known.client_id;
  if (known.role === role && known.client_id === client) return known;
  return users.update(known.id, known.version, { role, active: known.active, clientId: client });
}

function parseId(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a positive integer.');
  return Number(text);
}

function parseList(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => part === '')) throw new InvalidArgumentError('It must be names separated by commas.');
  return parts;
}

async function withPool<T>(url: string, work: (pool: PgPool) => Promise<T>): Promise<T> {
  const dataSource = new DataSource(dataSourceOptions({ url, poolMax: 2, entities: [], applicationName: 'v1-cli' }));
  await dataSource.initialize();
  try {
    return await work(new PgPool(dataSource));
  } finally {
    await dataSource.destroy();
  }
}
