import type { Credits } from '@tandem/contracts';

/** How much the log says. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

/** What Studio was told at boot. Read once; provided everywhere by this class. */
export abstract class StudioConfig {
  abstract readonly isProduction: boolean;
  /** 0: any free port. */
  abstract readonly port: number;
  /** Address to listen on. */
  abstract readonly host: string;
  abstract readonly databaseUrl: string;
  abstract readonly databasePoolMax: number;
  /** Signs CSRF tokens of browser sessions. */
  abstract readonly sessionSecret: string;
  /** Write lanes of the ledger: each keeps one batch in flight on a connection of its own. */
  abstract readonly lanes: number;
  /** Most commands one batch carries. */
  abstract readonly laneBatchMax: number;
  /** Most commands of one client that may wait before it is told to slow down. */
  abstract readonly queuePerClientMax: number;
  /** Most commands of one account that may wait. */
  abstract readonly queuePerAccountMax: number;
  /** Life of a hold whose request names none, in minutes. */
  abstract readonly reservationTimeoutMinutes: number;
  /** Credits above which an operator's act needs a second person. */
  abstract readonly secondApproverAbove: Credits;
  /** Credits one operator may move alone on one day (UTC). */
  abstract readonly dailyCreditsPerOperator: Credits;
  /** How long a request waits for a second person, in hours. */
  abstract readonly approvalHours: number;
  abstract readonly jobsEnabled: boolean;
  abstract readonly corsOrigins: readonly string[];
  /** Folder of the console's files; undefined when it was not built. */
  abstract readonly consoleDir: string | undefined;
  abstract readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Proxies whose X-Forwarded-For is believed: addresses or networks. Empty: none. */
  abstract readonly trustedProxies: readonly string[];
  /** Seals the signing secrets of outgoing webhooks in the database. */
  abstract readonly webhookSealingKey: string;
  /** Outgoing webhooks may go to http and to addresses of this machine: only in development and tests. */
  abstract readonly webhookAllowPrivateAddresses: boolean;
  /** One try of an outgoing webhook, from the look-up of the name to the last byte that is read. */
  abstract readonly webhookTimeoutMs: number;
  /** Commit of the build, when the build says so. */
  abstract readonly gitSha: string | null;
}
