/** How an account pays: after the work by invoice, or before it from a wallet (CR-01). */
export const BILLING_MODES = ['POSTPAID', 'CREDIT'] as const;
export type BillingMode = (typeof BILLING_MODES)[number];

/** UNENROLLED accounts hold events that came before enrolment; their status is 404. */
export const ACCOUNT_STATUSES = ['UNENROLLED', 'ACTIVE', 'SUSPENDED'] as const;
export type AccountStatusName = (typeof ACCOUNT_STATUSES)[number];

export const ACCOUNT_TYPES = ['TENANT', 'EXTERNAL_ASSOCIATE'] as const;
export type AccountType = (typeof ACCOUNT_TYPES)[number];

/** ACTIVE is left once, for one of the other three (DESIGN 2, Reservation). */
export const RESERVATION_STATUSES = ['ACTIVE', 'CONSUMED', 'RELEASED', 'EXPIRED'] as const;
export type ReservationStatus = (typeof RESERVATION_STATUSES)[number];

/**
 * What the first answer for a reference decided about its money. Later commands for the reference follow it, whatever
 * the mode is by then.
 */
export const FUNDING_DECISIONS = ['HELD', 'IGNORED', 'REFUSED'] as const;
export type FundingDecision = (typeof FUNDING_DECISIONS)[number];

/** A charge that could not be covered waits in one of these; it leaves OPEN once. */
export const SHORTFALL_STATUSES = ['OPEN', 'CLAIMED_BY_INVOICE', 'RECOVERED', 'WAIVED'] as const;
export type ShortfallStatus = (typeof SHORTFALL_STATUSES)[number];

/**
 * Kinds of ledger movement. Upper case on the handshake wire (`reason`). EXPIRE ends a hold, LOT_EXPIRY takes credits
 * whose time is over; RECOVERY pays a shortfall from the wallet.
 */
export const LEDGER_KINDS = [
  'GRANT',
  'TOPUP',
  'RESERVE',
  'CONSUME',
  'RELEASE',
  'EXPIRE',
  'CHARGE',
  'ADJUSTMENT',
  'REVERSAL',
  'TRANSFER_IN',
  'TRANSFER_OUT',
  'CLAWBACK',
  'LOT_EXPIRY',
  'RECOVERY',
] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** Where the credits of a lot came from. Promotional ones are burnt before purchased ones. */
export const LOT_KINDS = ['promotional', 'purchased', 'adjustment'] as const;
export type LotKind = (typeof LOT_KINDS)[number];

/** Badges on the Billing Monitor, in the order they are listed (CONTRACT 1.7). */
export const MONITOR_WARNINGS = [
  'insufficient_credits',
  'studio_unreachable',
  'studio_cached',
  'not_enrolled',
] as const;
export type MonitorWarning = (typeof MONITOR_WARNINGS)[number];

/** Systems that may send events to Studio. */
export const SOURCE_SYSTEMS = ['v1', 'v2'] as const;
export type SourceSystem = (typeof SOURCE_SYSTEMS)[number];

/** What a service token may do at Studio (RELIABILITY S6). */
export const STUDIO_SCOPES = [
  'credits:reserve',
  'credits:consume',
  'credits:release',
  'credits:charge',
  // Grants, purchases, adjustments, reversals, transfers, clawbacks: never for a token bound to `v1:` accounts.
  'credits:manage',
  'events:write',
  'status:read',
] as const;
export type StudioScope = (typeof STUDIO_SCOPES)[number];

/** Reference type of commission work in reservations (CONTRACT 1.6). */
export const COMMISSION_REF_TYPE = 'commission_request';
