import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import 'reflect-metadata';
import { DataSource, type MigrationInterface } from 'typeorm';

export interface TestDatabase {
  /** Signs in as the owner of everything. */
  url: string;
  /** Signs in as an application would, with the rights `prepare` gave that role, and none when it gave none. */
  applicationUrl: string;
  /** Ends all sessions on the database and removes it. */
  drop(): Promise<void>;
}

type MigrationClass = new () => MigrationInterface;
type Prepare = (url: string, applicationUrl: string) => Promise<unknown>;

/**
 * A database of its own for one test file, migrated. Each set of migrations runs once per test run, on a template that
 * is then cloned (about 20 ms). `prepare` also runs once, on the template, for schemas and rights that are not
 * TypeORM's; it must close its connections. Needs TEST_DATABASE_ADMIN_URL, which jest's global setup provides.
 */
export async function createTestDatabase(migrations: MigrationClass[], prepare?: Prepare): Promise<TestDatabase> {
  const template = templateName(migrations, prepare);
  const name = `${template}_${randomBytes(6).toString('hex')}`;
  await withAdmin(async (admin) => {
    await ensureTemplate(admin, template, migrations, prepare);
    await admin.query(`create database ${name} template ${template} strategy file_copy`);
  });
  return {
    url: urlOf(name),
    applicationUrl: applicationUrlOf(name),
    drop: () => withAdmin(async (admin) => void (await admin.query(`drop database if exists ${name} with (force)`))),
  };
}

/** Removes every database and role of this run, templates included; for a server that outlives the run. */
export function dropTestDatabases(): Promise<void> {
  return withAdmin(async (admin) => {
    const left = await admin.query<{ name: string }>(
      'select datname as name from pg_database where starts_with(datname, $1)',
      [`${runPrefix()}_`],
    );
    for (const { name } of left.rows) await admin.query(`drop database if exists ${name} with (force)`);
    await admin.query(`drop role if exists ${applicationRole()}`);
  });
}

/** Where the name begins that every database of this run carries, so that a borrowed server can be swept afterwards. */
function runPrefix(): string {
  return `tandem_test_${process.env.TEST_DATABASE_RUN ?? 'run'}`;
}

function adminUrl(): string {
  const url = process.env.TEST_DATABASE_ADMIN_URL;
  if (!url)
    throw new Error(
      'TEST_DATABASE_ADMIN_URL is not set: run tests with `corepack pnpm jest`, whose global setup starts a server.',
    );
  return url;
}

function urlOf(database: string): string {
  const url = new URL(adminUrl());
  url.pathname = `/${database}`;
  return url.href;
}

/** One login role for all applications under test; its rights differ from database to database. */
function applicationRole(): string {
  return `${runPrefix()}_app`;
}

function applicationUrlOf(database: string): string {
  const url = new URL(urlOf(database));
  url.username = applicationRole();
  url.password = createHash('sha256').update(`${adminUrl()} ${applicationRole()}`).digest('hex');
  return url.href;
}

function templateName(migrations: MigrationClass[], prepare: unknown): string {
  const content = [...migrations, prepare].map(String).join('\n');
  return `${runPrefix()}_${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
}

async function withAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: adminUrl() });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

async function ensureTemplate(
  admin: pg.Client,
  template: string,
  migrations: MigrationClass[],
  prepare?: Prepare,
): Promise<void> {
  // Session lock: two jest workers that need the same template at once build it once. Freed when the client ends.
  await admin.query('select pg_advisory_lock(hashtext($1))', [template]);
  try {
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [template]);
    if (rowCount) return;
    // Built under another name, so that a build that failed half-way is never taken for a template.
    const building = `${template}_building`;
    await admin.query(`drop database if exists ${building} with (force)`);
    await admin.query(`create database ${building}`);
    await runMigrations(urlOf(building), migrations);
    await prepare?.(urlOf(building), applicationUrlOf(building));
    await admin.query(`alter database ${building} rename to ${template}`);
  } finally {
    await admin.query('select pg_advisory_unlock(hashtext($1))', [template]);
  }
}

async function runMigrations(url: string, migrations: MigrationClass[]): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url,
    migrations,
    entities: [],
    installExtensions: false,
    logger: 'debug',
  });
  await source.initialize();
  try {
    await source.runMigrations({ transaction: 'each' });
  } finally {
    await source.destroy();
  }
}
