import { execFile } from 'node:child_process';
import { join } from 'node:path';
import pg from 'pg';
import { startService, type ServiceProcess } from '../service-process.ts';
import type { StackSecrets, StackUser } from './secrets.ts';
import { CHECKOUT } from './settings.ts';

export type AppName = 'v1' | 'studio';

export interface ServicesOptions {
  /** What each app signs in as. */
  databases: Record<AppName, string>;
  /** The owner of the tables, where migrations need another role than the app has. */
  migrationDatabases?: Partial<Record<AppName, string>>;
  secrets: StackSecrets;
  logDir: string;
  /** Any free port where missing. */
  ports?: Partial<Record<AppName, number>>;
  /** More variables of one app, stronger than the ones set here (for example STUDIO_BASE_URL of a fault proxy). */
  env?: Partial<Record<AppName, Record<string, string>>>;
  /** Where `<app>/dist/main.js` and `<app>/dist/cli.js` are; the checkout's apps by default. */
  appsDir?: string;
  /** See ServiceOptions.restartAfterCrash. */
  restartAfterCrash?: (line: string) => void;
}

const APPS_DIR = join(CHECKOUT, 'apps');

const SERVICE_SCOPES = ['credits:reserve', 'credits:consume', 'credits:release', 'events:write', 'status:read'];

/** Brings the schemas of both apps to date. */
export async function migrateDatabases(options: ServicesOptions): Promise<void> {
  await Promise.all([runCli('studio', ['migrate'], options), runCli('v1', ['migrate'], options)]);
}

/**
 * Makes the users, V1's service token in Studio and the API key, and returns the secrets with the tokens in them.
 * Nothing is called when the secrets already belong to these databases.
 */
export async function createFirstAccounts(options: ServicesOptions): Promise<StackSecrets> {
  const { secrets, databases, migrationDatabases } = options;
  const owners = { ...databases, ...migrationDatabases };
  const identity = (await Promise.all([identify(owners.v1), identify(owners.studio)])).join(' ');
  if (secrets.madeFor === identity) return secrets;
  const [serviceToken, apiKey] = await Promise.all([
    makeAccountsOf('studio', ['--client', 'v1', '--scopes', SERVICE_SCOPES.join(','), '--namespace', 'v1:'], options),
    makeAccountsOf('v1', ['--client', 'api', '--scopes', 'invoices:read', '--namespace', ''], options),
  ]);
  return { ...secrets, serviceToken, apiKey, madeFor: identity };
}

async function makeAccountsOf(app: AppName, token: string[], options: ServicesOptions): Promise<string> {
  for (const user of options.secrets.users.filter((candidate) => candidate.app === app)) {
    await runCli(app, createUserArguments(user), options);
  }
  const printed = await runCli(app, ['issue-service-token', ...token], options);
  return (parseLastLine(printed) as { token: string }).token;
}

function createUserArguments(user: StackUser): string[] {
  return ['create-user', '--email', user.email, '--password', user.password, '--role', user.role, '--name', user.name];
}

/** Starts both services and waits until they are ready. On a failure what was started is stopped again. */
export async function startServices(options: ServicesOptions): Promise<Record<AppName, ServiceProcess>> {
  const studio = await startApp('studio', options, {});
  const v1 = await startApp('v1', options, { STUDIO_BASE_URL: studio.url });
  try {
    await Promise.all([studio.ready(), v1.ready()]);
  } catch (error) {
    await Promise.all([studio.stop(), v1.stop()]);
    throw error;
  }
  return { v1, studio };
}

function startApp(app: AppName, options: ServicesOptions, env: Record<string, string>): Promise<ServiceProcess> {
  const port = { [app === 'v1' ? 'V1_PORT' : 'STUDIO_PORT']: String(options.ports?.[app] ?? 0) };
  return startService({
    name: app,
    entry: join(options.appsDir ?? APPS_DIR, app, 'dist', 'main.js'),
    env: { ...port, ...env, ...environmentOf(app, options) },
    logFile: join(options.logDir, `${app}.log`),
    restartAfterCrash: options.restartAfterCrash,
  });
}

function environmentOf(app: AppName, options: ServicesOptions): Record<string, string> {
  const { databases, secrets } = options;
  const own: Record<string, string> =
    app === 'studio'
      ? { STUDIO_DATABASE_URL: databases.studio, STUDIO_SESSION_SECRET: secrets.sessionSecrets.studio }
      : {
          DATABASE_URL: databases.v1,
          V1_SESSION_SECRET: secrets.sessionSecrets.v1,
          STUDIO_SERVICE_TOKEN: secrets.serviceToken ?? '',
          DEFAULT_BILLING_MODE: 'POSTPAID',
        };
  return { NODE_ENV: 'development', ...own, ...options.env?.[app] };
}

function runCli(app: AppName, parameters: string[], options: ServicesOptions): Promise<string> {
  const entry = join(options.appsDir ?? APPS_DIR, app, 'dist', 'cli.js');
  const owner = options.migrationDatabases?.[app];
  const ownerVariable = app === 'studio' ? 'STUDIO_MIGRATION_DATABASE_URL' : 'MIGRATION_DATABASE_URL';
  const env = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME },
    ...(owner !== undefined && { [ownerVariable]: owner }),
    ...environmentOf(app, options),
  };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [entry, ...parameters], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      // The command without its values: they hold passwords.
      if (error) reject(new Error(`${app} ${parameters[0]} failed: ${(stderr || stdout || error.message).trim()}`));
      else resolve(stdout);
    });
  });
}

function parseLastLine(printed: string): unknown {
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '');
}

/** Which database it really is, so that remembered tokens are not used on a new or another one. */
async function identify(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ identity: string }>(
      `select (select system_identifier from pg_control_system()) || '/' || oid as identity
         from pg_database where datname = current_database()`,
    );
    return rows[0]?.identity ?? '';
  } finally {
    await client.end();
  }
}
