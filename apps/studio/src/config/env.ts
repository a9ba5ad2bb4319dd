import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseCredits } from '@tandem/contracts';
import { readConfig, type Environment } from '@tandem/platform/config';
import { LOG_LEVELS, type StudioConfig } from './config.ts';

/** Where the console's build puts Studio's face, seen from this file. */
const DEFAULT_CONSOLE_DIR = fileURLToPath(new URL('../../../console/dist/studio', import.meta.url));

/** Constant, so that secrets sealed before a restart still open. Refused outside development. */
const DEVELOPMENT_SEALING_KEY = 'development-webhook-sealing-key';

/**
 * Reads the whole configuration from the environment, once, at boot.
 * @throws ConfigError listing every problem
 */
export function loadConfig(env: Environment = process.env): StudioConfig {
  return readConfig(env, (read): StudioConfig => {
    const webhookAllowPrivateAddresses = read.bool('WEBHOOK_ALLOW_PRIVATE_ADDRESSES', false);
    if (webhookAllowPrivateAddresses && !read.isDevelopment) {
      read.refuse('WEBHOOK_ALLOW_PRIVATE_ADDRESSES', 'is for development and tests only');
    }
    const consoleDir = read.text('CONSOLE_DIR', DEFAULT_CONSOLE_DIR);
    return {
      isProduction: !read.isDevelopment,
      port: read.port('STUDIO_PORT', 3000),
      host: read.text('STUDIO_HOST', '0.0.0.0'),
      databaseUrl: read.url('STUDIO_DATABASE_URL'),
      databasePoolMax: read.int('DB_POOL_MAX', 10, { min: 1, max: 200 }),
      sessionSecret: read.secret('STUDIO_SESSION_SECRET'),
      lanes: read.int('STUDIO_LANES', 1, { min: 1, max: 64 }),
      laneBatchMax: read.int('STUDIO_LANE_BATCH_MAX', 256, { min: 1, max: 2000 }),
      queuePerClientMax: read.int('STUDIO_QUEUE_PER_CLIENT_MAX', 2000, { min: 1 }),
      queuePerAccountMax: read.int('STUDIO_QUEUE_PER_ACCOUNT_MAX', 1000, { min: 1 }),
      reservationTimeoutMinutes: read.int('RESERVATION_TIMEOUT_MINUTES', 1440, { min: 5, max: 525_600 }),
      secondApproverAbove: parseCredits(
        read.int('STUDIO_SECOND_APPROVER_ABOVE_CREDITS', 10_000, { min: 0, max: 1_000_000_000 }),
      ),
      dailyCreditsPerOperator: parseCredits(
        read.int('STUDIO_DAILY_CREDITS_PER_OPERATOR', 100_000, { min: 0, max: 1_000_000_000 }),
      ),
      approvalHours: read.int('STUDIO_APPROVAL_HOURS', 72, { min: 1, max: 8760 }),
      jobsEnabled: read.bool('JOBS_ENABLED', true),
      corsOrigins: read.list('CORS_ORIGINS', []),
      consoleDir: existsSync(consoleDir) ? consoleDir : undefined,
      logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
      trustedProxies: read.list('TRUST_PROXY', []),
      webhookSealingKey: read.secret('STUDIO_WEBHOOK_SEALING_KEY', { developmentDefault: DEVELOPMENT_SEALING_KEY }),
      webhookAllowPrivateAddresses,
      webhookTimeoutMs: read.int('WEBHOOK_TIMEOUT_MS', 10_000, { min: 100, max: 30_000 }),
      gitSha: read.optionalText('GIT_SHA') ?? null,
    };
  });
}

/** The database alone, for commands that need nothing else. */
export function loadDatabaseUrl(env: Environment = process.env): string {
  return readConfig(env, (read) => read.url('STUDIO_DATABASE_URL'));
}

/**
 * The database for migrations. With STUDIO_MIGRATION_DATABASE_URL the tables belong to its role and Studio signs in,
 * with fewer rights, as the one of STUDIO_DATABASE_URL; without it one role does both.
 */
export function loadMigrationUrls(env: Environment = process.env): { owner: string; application: string } {
  return readConfig(env, (read) => {
    const application = read.url('STUDIO_DATABASE_URL');
    return { owner: read.optionalUrl('STUDIO_MIGRATION_DATABASE_URL') ?? application, application };
  });
}
