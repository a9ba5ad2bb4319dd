import type { BillingMode } from '@tandem/contracts';
import type { LogLevel } from '@tandem/platform/logging';

/** V1's configuration, read and checked once at boot by `loadConfig`. Inject it by this class. */
export abstract class V1Config {
  /** `production`, `development` or `test`; anything unnamed is production. */
  abstract readonly environment: string;
  abstract readonly isProduction: boolean;
  abstract readonly version: string;
  /** Port of the HTTP server; 0 means any free one. */
  abstract readonly port: number;
  /** Address to listen on. */
  abstract readonly host: string;
  abstract readonly databaseUrl: string;
  abstract readonly databasePoolMax: number;
  abstract readonly sessionSecret: string;
  /** Address of Studio without a trailing slash and without `/v1` (C2). */
  abstract readonly studioBaseUrl: string;
  abstract readonly studioServiceToken: string;
  abstract readonly defaultBillingMode: BillingMode;
  /** Ceiling of one call to Studio from jobs and the monitor. */
  abstract readonly studioHttpTimeoutSeconds: number;
  /** How long an account status counts as fresh. */
  abstract readonly studioStatusCacheSeconds: number;
  /** What one business step may spend on Studio, whatever calls it makes. */
  abstract readonly studioStepBudgetMs: number;
  /** Failures in a row after which calls to Studio stop. */
  abstract readonly studioBreakerFailures: number;
  /** How long calls stay stopped before one is tried again. */
  abstract readonly studioBreakerHalfOpenMs: number;
  /** Time between two tries while Studio refuses our token or contract. */
  abstract readonly studioHoldRetryMs: number;
  /** How long a lane is sent without comparing heads again, unless Studio was away meanwhile. */
  abstract readonly studioHeadsTrustedMs: number;
  /** Time between two rounds that compare every account's heads. */
  abstract readonly studioHeadsWatchMs: number;
  /** Time between two looks for lanes with work left. */
  abstract readonly studioLaneSweepMs: number;
  abstract readonly monitorRefreshCooldownSeconds: number;
  abstract readonly billingEnabled: boolean;
  /** 1 to 12. */
  abstract readonly invoiceFinancialYearStartMonth: number;
  /** IANA name; decides on which day an invoice is issued or overdue. */
  abstract readonly billingTimezone: string;
  abstract readonly corsOrigins: readonly string[];
  /** Whether this process runs background jobs. */
  abstract readonly jobsEnabled: boolean;
  /** Folder of the built console; served when it exists. */
  abstract readonly consoleFolder: string;
  abstract readonly logLevel: LogLevel;
  /** Addresses of proxies in front; false when there are none. */
  abstract readonly trustProxy: string[] | false;
}
