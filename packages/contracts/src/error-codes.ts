/**
 * What the outbox relay does with a row once the other service has answered with an error code (RELIABILITY 1.0).
 *
 * - `refused`: a definitive business answer; the row is done and the verdict recorded.
 * - `audit`: definitive, but the two books may disagree; the row is done and handed to the audit.
 * - `retry`: ambiguous or busy; the same bytes go again under the same key.
 * - `hold`: our credential or contract is at fault; every lane waits, slowly retried, with an alarm.
 * - `park`: the row itself is bad; an event steps aside, a command holds its lane until an operator decides.
 */
export type RelayAction = 'refused' | 'audit' | 'retry' | 'hold' | 'park';

interface ErrorRule {
  /** HTTP status of the problem body. */
  readonly status: number;
  readonly relay: RelayAction;
}

const rules = {
  // The request itself.
  bad_request: { status: 400, relay: 'park' },
  validation_failed: { status: 400, relay: 'park' },
  unauthorized: { status: 401, relay: 'hold' },
  invalid_credentials: { status: 401, relay: 'hold' },
  STUDIO_SERVICE_TOKEN_NOT_CONFIGURED: { status: 401, relay: 'hold' },
  INVALID_STUDIO_SERVICE_TOKEN: { status: 401, relay: 'hold' },
  forbidden: { status: 403, relay: 'hold' },
  csrf_token_invalid: { status: 403, relay: 'hold' },
  not_found: { status: 404, relay: 'park' },
  FEATURE_DISABLED: { status: 404, relay: 'park' },
  method_not_allowed: { status: 405, relay: 'park' },
  request_timeout: { status: 408, relay: 'retry' },
  payload_too_large: { status: 413, relay: 'park' },
  unsupported_media_type: { status: 415, relay: 'park' },
  headers_too_large: { status: 431, relay: 'park' },
  rate_limited: { status: 429, relay: 'retry' },
  internal_error: { status: 500, relay: 'retry' },
  unavailable: { status: 503, relay: 'retry' },
  overloaded: { status: 503, relay: 'retry' },

  // Idempotency and editing.
  idempotency_key_required: { status: 400, relay: 'park' },
  idempotency_key_reused: { status: 422, relay: 'park' },
  in_flight: { status: 409, relay: 'retry' },
  not_attempted: { status: 503, relay: 'retry' },
  stale_version: { status: 409, relay: 'park' },
  already_exists: { status: 409, relay: 'park' },
  invalid_transition: { status: 409, relay: 'park' },

  // Studio: accounts and credits. The upper-case names are those existing clients know (CONTRACT 1.1).
  account_not_enrolled: { status: 404, relay: 'refused' },
  reservation_not_found: { status: 404, relay: 'audit' },
  ACCOUNT_NOT_ACTIVE: { status: 409, relay: 'refused' },
  BILLING_MODE_NOT_CREDIT: { status: 409, relay: 'refused' },
  INSUFFICIENT_CREDITS: { status: 409, relay: 'refused' },
  CREDIT_BALANCE_INVARIANT_FAILED: { status: 409, relay: 'refused' },
  RESERVATION_ALREADY_ACTIVE: { status: 409, relay: 'audit' },
  RESERVATION_ALREADY_CONSUMED: { status: 409, relay: 'audit' },
  RESERVATION_ALREADY_RELEASED: { status: 409, relay: 'audit' },
  RESERVATION_ALREADY_EXPIRED: { status: 409, relay: 'audit' },
  ALREADY_SETTLED: { status: 409, relay: 'audit' },
  credit_mode_needs_credits: { status: 409, relay: 'refused' },
  // A usage charge the wallet cannot pay; the same key stays refused after a top-up.
  insufficient_credits: { status: 402, relay: 'refused' },
  ledger_entry_not_found: { status: 404, relay: 'audit' },
  purchase_not_found: { status: 404, relay: 'audit' },
  ENTRY_NOT_REVERSIBLE: { status: 409, relay: 'refused' },
  REVERSAL_EXCEEDS_ENTRY: { status: 409, relay: 'refused' },
  LOT_ALREADY_ENDED: { status: 409, relay: 'refused' },
  PURCHASE_ALREADY_CREDITED: { status: 409, relay: 'refused' },
  shortfall_not_found: { status: 404, relay: 'audit' },
  shortfall_not_open: { status: 409, relay: 'refused' },

  // Studio: people who run it. Services never see these.
  stale_plan: { status: 409, relay: 'park' },
  plan_required: { status: 409, relay: 'park' },
  overdraft_in_use: { status: 409, relay: 'park' },
  approval_not_pending: { status: 409, relay: 'park' },
  // An act needs two people, and this is the one who asked for it.
  second_approver_required: { status: 403, relay: 'park' },
  daily_limit_exceeded: { status: 403, relay: 'park' },

  // V1: work and documents.
  soft_gate_insufficient_credits: { status: 409, relay: 'park' },
  commission_not_deliverable: { status: 409, relay: 'park' },
  invoice_not_editable: { status: 409, relay: 'park' },
  invoice_has_payments: { status: 409, relay: 'park' },
  payment_exceeds_due: { status: 409, relay: 'park' },
} as const satisfies Record<string, ErrorRule>;

/** Every code a problem body of either service may carry. */
export type ErrorCode = keyof typeof rules;

/** The one table of codes: a code without a status and a relay action does not compile. */
export const ERROR_RULES: Readonly<Record<ErrorCode, ErrorRule>> = rules;

/** True when a string read from the wire is a code this build knows. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(rules, value);
}

/**
 * Relay action for an answer. The code decides; the status is used only for answers without a known code, for example
 * from a proxy in between (RELIABILITY 1.0, last rows).
 */
export function relayActionFor(status: number, code: unknown): RelayAction {
  if (isErrorCode(code)) return ERROR_RULES[code].relay;
  if (status === 401 || status === 403) return 'hold';
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'retry';
  // A 404 without our code is a wrong address or an older service, never "not enrolled".
  if (status === 404 || status < 400) return 'hold';
  return 'park';
}
