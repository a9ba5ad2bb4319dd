import type { Environment } from '@tandem/platform/config';
import { dataSourceOptions } from '@tandem/platform/database/data-source-options';
import { PgPool } from '@tandem/platform/database/pool';
import { UnitOfWork } from '@tandem/platform/database/unit-of-work';
import { Passwords } from '@tandem/platform/identity/passwords';
import { ServiceTokens } from '@tandem/platform/identity/service-tokens';
import { type User, Users } from '@tandem/platform/identity/users';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DataSource } from 'typeorm';
import { loadDatabaseUrl, loadMigrationUrls } from './config/env.ts';
import { migrateV1 } from './migrations/migrate-v1.ts';
import { V1_ROLES, type V1Role } from './modules/identity/roles.ts';
import { ResendSince } from './modules/studio-link/resend-since.ts';
import { SetbackStore } from './modules/studio-link/setback.store.ts';

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
      print({ migrations: await migrateV1(loadMigrationUrls(environment)) });
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

  program
    .command('resend-since')
    .description(
      'Send Studio again what had its outcome since a time, in the same order, with the same bytes and keys. For a Studio that was restored: what it lost happens again, what it still has answers its stored outcome. V1 does the same by itself once it notices; this is for when it cannot. Safe while V1 runs, and safe to repeat.',
    )
    .argument('<time>', 'ISO 8601 with its zone, such as 2026-05-10T10:00:00Z, or so long ago: 15m, 2h, 1d', parseTime)
    .option('--account <key>', 'only this account, such as v1:partner:77')
    .option('--dry-run', 'count the rows and leave them as they are', false)
    .option('--actor <name>', 'who asks; kept in the book of setbacks', 'command line')
    .action(async (since: Date, options: { account?: string; dryRun: boolean; actor: string }) => {
      const { account, dryRun, actor } = options;
      const resent = await withDatabase(url(), ({ pool, uow }) =>
        new ResendSince(uow, new SetbackStore(pool)).run({ since, accountKey: account ?? null, dryRun, actor }),
      );
      print({ since: since.toISOString(), dry_run: dryRun, ...resent });
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

/** A moment, given by itself or by how long ago it was. */
function parseTime(text: string): Date {
  const [, count, unit] = /^([1-9][0-9]{0,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) {
    const minutes = { m: 1, h: 60, d: 24 * 60 }[unit as 'm' | 'h' | 'd'];
    return new Date(Date.now() - Number(count) * minutes * 60_000);
  }
  // Without a zone it would be the zone of whoever types it.
  if (!/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/.test(text) || Number.isNaN(Date.parse(text))) {
    throw new InvalidArgumentError('It must be a time with its zone, such as 2026-05-10T10:00:00Z, or 15m, 2h, 1d.');
  }
  return new Date(text);
}

async function withPool<T>(url: string, work: (pool: PgPool) => Promise<T>): Promise<T> {
  return withDatabase(url, ({ pool }) => work(pool));
}

async function withDatabase<T>(
  url: string,
  work: (database: { pool: PgPool; uow: UnitOfWork }) => Promise<T>,
): Promise<T> {
  const dataSource = new DataSource(dataSourceOptions({ url, poolMax: 2, entities: [], applicationName: 'v1-cli' }));
  await dataSource.initialize();
  try {
    return await work({ pool: new PgPool(dataSource), uow: new UnitOfWork(dataSource) });
  } finally {
    await dataSource.destroy();
  }
}
