/** What a failed statement says about itself, whether it comes from pg, from TypeORM, or wrapped in a cause. */
interface PostgresFault {
  readonly code?: unknown;
  readonly constraint?: unknown;
  readonly driverError?: unknown;
  readonly cause?: unknown;
}

// Texts of pg and pg-pool for faults that carry no code at all.
const CODELESS_OUTAGE =
  /^(?:timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error|Cannot use a pool after calling end|Client was closed|QueryRunner already released)/i;

const SOCKET_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EMFILE',
]);

// Read-only or full server, too many sessions, cut by a timeout, shut down, and the two that survive their retries.
const OUTAGE_STATES: ReadonlySet<string> = new Set([
  '25006',
  '53000',
  '53100',
  '53200',
  '53300',
  '55P03',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '25P03',
  '40001',
  '40P01',
  '58030',
]);

/** The SQLSTATE (or socket error code) of a failed database call, if it was one. */
export function sqlState(error: unknown): string | undefined {
  for (let fault = error, depth = 0; typeof fault === 'object' && fault !== null && depth < 4; depth += 1) {
    const { code, driverError, cause } = fault as PostgresFault;
    if (typeof code === 'string') return code;
    fault = driverError ?? cause;
  }
  return undefined;
}

/** True for a transaction that lost a race and is safe to run again from its start. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}

/** True when the database could not answer in time or at all: the caller should try again later. */
export function isDatabaseOutage(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return OUTAGE_STATES.has(state) || SOCKET_CODES.has(state) || state.startsWith('08');
  return error instanceof Error && CODELESS_OUTAGE.test(error.message);
}

/** True for a unique violation, optionally of one named constraint. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== '23505') return false;
  if (constraint === undefined) return true;
  const fault = error as PostgresFault;
  const driverError = fault.driverError as PostgresFault | undefined;
  return (fault.constraint ?? driverError?.constraint) === constraint;
}
