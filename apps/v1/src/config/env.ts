import { fileURLToPath } from 'node:url';
import { BILLING_MODES } from '@tandem/contracts';
import { type ConfigReader, type Environment, readConfig } from '@tandem/platform/config';
import type { V1Config } from './config.ts';

const DEVELOPMENT_DATABASE_URL = 'postgres://postgres:postgres@127.0.0.1:5432/tandem_v1';
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

/**
 * Reads V1's configuration.
 * @throws ConfigError listing every problem at once.
 */
export function loadConfig(environment: Environment = process.env): V1Config {
  return readConfig(environment, (read) => ({
    environment: read.text('NODE_ENV', 'production'),
    isProduction: !read.isDevelopment,
    version: read.text('APP_VERSION', '0.1.0'),
    port: read.port('V1_PORT', 8080),
    host: read.text('V1_HOST', '0.0.0.0'),
    databaseUrl: readDatabaseUrl(read),
    databasePoolMax: read.int('DB_POOL_MAX', 10, { min: 2, max: 200 }),
    sessionSecret: read.secret('V1_SESSION_SECRET'),
    ...readStudio(read),
    monitorRefreshCooldownSeconds: read.int('MONITOR_REFRESH_COOLDOWN_SECONDS', 5, { min: 0, max: 3600 }),
    billingEnabled: read.bool('BILLING_ENABLED', true),
    invoiceFinancialYearStartMonth: read.int('INVOICE_FY_START_MONTH', 4, { min: 1, max: 12 }),
    billingTimezone: readTimezone(read),
    corsOrigins: read.list('CORS_ORIGINS', []),
    jobsEnabled: read.bool('JOBS_ENABLED', true),
    // From dist/config and src/config alike, the app's folder is two levels up.
    consoleFolder: read.text('CONSOLE_DIR', fileURLToPath(new URL('../../../console/dist/v1', import.meta.url))),
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    trustProxy: readTrustProxy(read),
  }));
}

/**
 * Reads the database address alone, for commands that need nothing else.
 * @throws ConfigError when it is missing or malformed.
 */
export function loadDatabaseUrl(environment: Environment = process.env): string {
  return readConfig(environment, readDatabaseUrl);
}

/**
 * The database for migrations. With MIGRATION_DATABASE_URL the tables belong to its role and V1 signs in, with fewer
 * rights, as the one of DATABASE_URL; without it one role does both.
 * @throws ConfigError when one is missing or malformed.
 */
export function loadMigrationUrls(environment: Environment = process.env): { owner: string; application: string } {
  return readConfig(environment, (read) => {
    const application = readDatabaseUrl(read);
    return { owner: read.optionalUrl('MIGRATION_DATABASE_URL') ?? application, application };
  });
}

function readDatabaseUrl(read: ConfigReader): string {
  return read.url('DATABASE_URL', read.isDevelopment ? DEVELOPMENT_DATABASE_URL : undefined);
}

function readStudio(read: ConfigReader) {
  return {
    studioBaseUrl: stripApiPrefix(read.url('STUDIO_BASE_URL', 'http://127.0.0.1:3000')),
    studioServiceToken: read.secret('STUDIO_SERVICE_TOKEN'),
    defaultBillingMode: read.oneOf('DEFAULT_BILLING_MODE', BILLING_MODES, 'POSTPAID'),
    studioHttpTimeoutSeconds: readSeconds(read, 'STUDIO_HTTP_TIMEOUT_SECONDS', { fallback: 5, floor: 0.5 }),
    studioStatusCacheSeconds: readSeconds(read, 'STUDIO_STATUS_CACHE_SECONDS', { fallback: 45, floor: 1 }),
    studioStepBudgetMs: read.int('STUDIO_STEP_BUDGET_MS', 1500, { min: 1, max: 60_000 }),
    studioBreakerFailures: read.int('STUDIO_BREAKER_FAILURES', 5, { min: 1, max: 1000 }),
    studioBreakerHalfOpenMs: read.int('STUDIO_BREAKER_HALF_OPEN_MS', 2000, { min: 1, max: 600_000 }),
    studioHoldRetryMs: read.int('STUDIO_HOLD_RETRY_MS', 30_000, { min: 10, max: 3_600_000 }),
    studioHeadsTrustedMs: read.int('STUDIO_HEADS_TRUSTED_MS', 30_000, { min: 0, max: 3_600_000 }),
    studioHeadsWatchMs: read.int('STUDIO_HEADS_WATCH_MS', 60_000, { min: 100, max: 3_600_000 }),
    studioLaneSweepMs: read.int('STUDIO_LANE_SWEEP_MS', 2000, { min: 10, max: 600_000 }),
  };
}

/** Existing settings name Studio with or without a trailing `/v1`; the adapter always adds it (C2). */
export function stripApiPrefix(url: string): string {
  return url.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
}

/** Seconds, fractions allowed. Smaller values than the floor count as the floor, as clients expect. */
function readSeconds(
  read: ConfigReader,
  name: string,
  { fallback, floor }: { fallback: number; floor: number },
): number {
  const text = read.optionalText(name);
  if (text === undefined) return fallback;
  const seconds = Number(text);
  if (!/^[0-9]+(\.[0-9]+)?$/.test(text) || seconds > 86_400) {
    read.refuse(name, 'must be a number of seconds up to 86400');
    return fallback;
  }
  return Math.max(seconds, floor);
}

function readTimezone(read: ConfigReader): string {
  const name = read.text('BILLING_TIMEZONE', 'UTC');
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    // The only error there is: an unknown name.
    read.refuse('BILLING_TIMEZONE', 'must be an IANA time zone such as Asia/Kolkata');
  }
  return name;
}

/** Proxies are named, never counted or trusted as a whole: whoever is trusted can claim any client address. */
function readTrustProxy(read: ConfigReader): string[] | false {
  const addresses = read.list('TRUST_PROXY', []);
  return addresses.length === 0 || addresses[0] === 'false' ? false : addresses;
}
