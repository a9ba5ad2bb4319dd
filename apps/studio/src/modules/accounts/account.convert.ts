import {
  creditsToNumber,
  fromMicroCredits,
  type AccountStatus,
  type AccountStatusName,
  type AccountType,
  type BillingMode,
  type Credits,
} from '@tandem/contracts';
import type { OperatorAccount } from './operator-account.dto.ts';

/** What `STATUS_COLUMNS` reads: an account, and its wallet when it has one. */
export interface AccountStatusSqlRow {
  readonly account_id: string;
  readonly external_key: string;
  readonly tenant_id: string | null;
  readonly account_type: AccountType;
  readonly display_name: string;
  readonly payment_terms_days: number;
  readonly currency: string;
  readonly is_enabled: boolean;
  /** ISO 8601 in UTC with milliseconds: five hundred of them are slow to read as dates. */
  readonly last_activity_at: string | null;
  /** Null: not enrolled. */
  readonly billing_mode: BillingMode | null;
  readonly account_status: AccountStatusName | null;
  readonly balance_micro: string | null;
  readonly reserved_micro: string | null;
}

/** What `ACCOUNT_COLUMNS` reads. */
export interface AccountSqlRow extends AccountStatusSqlRow {
  readonly version: number;
  readonly created_at: Date;
  readonly enrolled_at: Date | null;
  readonly overdraft_limit_micro: string | null;
}

/** True for an account somebody enrolled; others only collect events. */
export function isEnrolled(row: AccountStatusSqlRow): boolean {
  return row.billing_mode !== null;
}

/** Credits for new work, overdraft not counted: without what overdue holds and lots still show on the wallet. */
export function availableOf(account: AccountSqlRow): Credits {
  return fromMicroCredits(BigInt(account.balance_micro ?? 0) - BigInt(account.reserved_micro ?? 0));
}

/** Database row to the status services read. */
export function toAccountStatus(row: AccountStatusSqlRow): AccountStatus {
  const wallet = BigInt(row.balance_micro ?? 0);
  const reserved = BigInt(row.reserved_micro ?? 0);
  return {
    account_id: row.account_id,
    tenant_id: row.tenant_id,
    account_type: row.account_type,
    external_key: row.external_key,
    display_name: row.display_name,
    account_status: row.account_status ?? 'UNENROLLED',
    billing_mode: row.billing_mode ?? 'POSTPAID',
    payment_terms_days: row.payment_terms_days,
    credit_cost_model: 'FLAT',
    currency: row.currency,
    is_enabled: row.is_enabled,
    credit: {
      wallet: creditsToNumber(wallet),
      reserved: creditsToNumber(reserved),
      available: creditsToNumber(wallet - reserved),
    },
    last_event_at: row.last_activity_at,
  };
}

/** `toAccountStatus` as JSON, for answers with hundreds: a third of the time an object and its serialization take. */
export function toAccountStatusJson(row: AccountStatusSqlRow): string {
  const wallet = BigInt(row.balance_micro ?? 0);
  const reserved = BigInt(row.reserved_micro ?? 0);
  // The name is the one text people choose; the others are ids, keys and names of ours, without anything to escape.
  return `{"account_id":"${row.account_id}","tenant_id":${quoted(row.tenant_id)},"account_type":"${row.account_type}",\
"external_key":"${row.external_key}","display_name":${JSON.stringify(row.display_name)},\
"account_status":"${row.account_status ?? 'UNENROLLED'}","billing_mode":"${row.billing_mode ?? 'POSTPAID'}",\
"payment_terms_days":${row.payment_terms_days},"credit_cost_model":"FLAT","currency":"${row.currency}",\
"is_enabled":${row.is_enabled},"credit":{"wallet":${creditsToNumber(wallet)},"reserved":${creditsToNumber(reserved)},\
"available":${creditsToNumber(wallet - reserved)}},"last_event_at":${quoted(row.last_activity_at)}}`;
}

function quoted(text: string | null): string {
  return text === null ? 'null' : `"${text}"`;
}

/** Database row to what operators see. */
export function toOperatorAccount(row: AccountSqlRow): OperatorAccount {
  return {
    ...toAccountStatus(row),
    version: row.version,
    overdraft_limit: creditsToNumber(BigInt(row.overdraft_limit_micro ?? 0)),
    enrolled_at: row.enrolled_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  };
}
