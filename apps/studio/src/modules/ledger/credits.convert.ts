import {
  creditsToNumber,
  fromMicroCredits,
  type LedgerKind,
  type LedgerRow,
  type ReservationRow,
  type ReservationStatus,
  type ShortfallRow,
  type ShortfallStatus,
} from '@tandem/contracts';

const MICRO_PER_CREDIT = 1_000_000;
const ISO_TIME_LENGTH = '2026-01-02T03:04:05.600Z'.length;

/** A bigint column: a string from the driver, a number when it went through jsonb. */
type SqlBigint = string | number;
/** A timestamptz column: a Date from the driver, a text when it went through jsonb or is written as answers write it. */
type SqlTime = Date | string;

/** A row of `reservations`. `tenant_id` comes from `accounts`, where the reader joined it. */
export interface ReservationSqlRow {
  readonly account_id: string;
  readonly reservation_id: string;
  readonly amount_micro: SqlBigint;
  readonly held_micro: SqlBigint;
  /** State now: reads turn a hold past its time into EXPIRED by the database clock. */
  readonly status: ReservationStatus;
  readonly ref_type: string;
  readonly ref_id: string;
  readonly acceptance: number;
  readonly idempotency_key: string;
  readonly created_at: SqlTime;
  readonly expires_at: SqlTime;
  readonly resolved_at: SqlTime | null;
  readonly tenant_id?: string | null;
}

/** A row of `ledger`. `tenant_id` comes from `accounts`, where the reader joined it. */
export interface LedgerSqlRow {
  readonly account_id: string;
  readonly seq: SqlBigint;
  readonly entry_id: string;
  readonly kind: LedgerKind;
  readonly balance_delta_micro: SqlBigint;
  readonly reserved_delta_micro: SqlBigint;
  readonly balance_after_micro: SqlBigint;
  readonly reserved_after_micro: SqlBigint;
  readonly reservation_id: string | null;
  readonly ref_type: string | null;
  readonly ref_id: string | null;
  readonly acceptance: number | null;
  readonly client: string;
  readonly idempotency_key: string;
  readonly actor: string | null;
  readonly reason: string | null;
  readonly effective_at: SqlTime;
  readonly created_at: SqlTime;
  readonly tenant_id?: string | null;
}

/** A row of `shortfalls`. */
export interface ShortfallSqlRow {
  readonly account_id: string;
  readonly shortfall_id: string;
  readonly amount_micro: SqlBigint;
  readonly status: ShortfallStatus;
  readonly ref_type: string;
  readonly ref_id: string;
  readonly acceptance: number;
  readonly created_at: SqlTime;
}

/** Micro-credits of a bigint column as a JSON number in credits. */
export function toCredits(micro: SqlBigint): number {
  const count = Number(micro);
  // Both counts are exact, so the quotient is the number nearest to the decimal, as the longer way over its text is.
  return Number.isSafeInteger(count) ? count / MICRO_PER_CREDIT : creditsToNumber(fromMicroCredits(micro));
}

/** ISO 8601 in UTC with milliseconds, as every answer writes times. */
export function toIsoTime(time: SqlTime): string {
  if (time instanceof Date) return time.toISOString();
  // PostgreSQL never writes a Z: this is ours already.
  return time.length === ISO_TIME_LENGTH && time.endsWith('Z') ? time : new Date(time).toISOString();
}

/**
 * What a movement did, as one signed figure: its effect on the balance; a hold and its end do not move the balance, so
 * theirs is the effect on what is available (DESIGN 5, ledger rows).
 */
export function ledgerDelta(row: Pick<LedgerSqlRow, 'balance_delta_micro' | 'reserved_delta_micro'>): bigint {
  const balanceDelta = BigInt(row.balance_delta_micro);
  return balanceDelta === 0n ? -BigInt(row.reserved_delta_micro) : balanceDelta;
}

function heldNow(row: ReservationSqlRow, amount: number): number {
  if (row.status !== 'ACTIVE') return 0;
  return row.held_micro === row.amount_micro ? amount : toCredits(row.held_micro);
}

/** Database row to wire row of a hold. */
export function toReservationRow(row: ReservationSqlRow): ReservationRow {
  const resolvedAt = row.resolved_at === null ? null : toIsoTime(row.resolved_at);
  const amount = toCredits(row.amount_micro);
  return {
    id: row.reservation_id,
    tenant_id: row.tenant_id ?? null,
    account_id: row.account_id,
    amount,
    held_amount: heldNow(row, amount),
    status: row.status,
    ref_type: row.ref_type,
    ref_id: row.ref_id,
    acceptance: row.acceptance,
    idempotency_key: row.idempotency_key,
    created_at: toIsoTime(row.created_at),
    expires_at: toIsoTime(row.expires_at),
    consumed_at: row.status === 'CONSUMED' ? resolvedAt : null,
    released_at: row.status === 'RELEASED' ? resolvedAt : null,
  };
}

/** Database row to wire row of a movement. */
export function toLedgerRow(row: LedgerSqlRow): LedgerRow {
  return {
    id: row.entry_id,
    seq: Number(row.seq),
    tenant_id: row.tenant_id ?? null,
    account_id: row.account_id,
    reservation_id: row.reservation_id,
    delta: creditsToNumber(ledgerDelta(row)),
    balance_delta: toCredits(row.balance_delta_micro),
    reserved_delta: toCredits(row.reserved_delta_micro),
    balance_after: toCredits(row.balance_after_micro),
    reserved_after: toCredits(row.reserved_after_micro),
    reason: row.kind,
    ref_type: row.ref_type,
    ref_id: row.ref_id,
    idempotency_key: row.idempotency_key,
    metadata_json: { client: row.client, acting_user: row.actor, reason: row.reason, acceptance: row.acceptance },
    created_at: toIsoTime(row.created_at),
    effective_at: toIsoTime(row.effective_at),
  };
}

/** Database row to wire row of a shortfall. */
export function toShortfallRow(row: ShortfallSqlRow): ShortfallRow {
  return {
    id: row.shortfall_id,
    account_id: row.account_id,
    amount: toCredits(row.amount_micro),
    status: row.status,
    ref_type: row.ref_type,
    ref_id: row.ref_id,
    acceptance: row.acceptance,
    created_at: toIsoTime(row.created_at),
  };
}
