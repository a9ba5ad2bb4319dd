import { Injectable } from '@nestjs/common';
import type { AccountType, BillingMode, Credits } from '@tandem/contracts';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { newId } from '@tandem/platform/ids';
import type { AccountSqlRow } from './account.convert.ts';
import { ACCOUNT_COLUMNS } from './account.queries.ts';

/** Kinds of policy change that are kept for ever. */
export type AccountChangeKind =
  | 'ENROLLED'
  | 'SUSPENDED'
  | 'REACTIVATED'
  | 'MODE_CHANGED'
  | 'PAYMENT_TERMS_CHANGED'
  | 'ALERT_THRESHOLDS_CHANGED'
  | 'OVERDRAFT_LIMIT_CHANGED';

/** One line of an account's policy history. */
export interface AccountChange {
  readonly accountId: string;
  readonly kind: AccountChangeKind;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown>;
  readonly actor: string;
  readonly reason: string | null;
}

/** What enrolment writes on the account. */
export interface EnrolmentFields {
  readonly accountId: string;
  readonly displayName: string;
  readonly accountType: AccountType;
  readonly tenantId: string | null;
  readonly paymentTermsDays: number;
  readonly currency: string;
}

/** All SQL that writes accounts, their wallets' policy columns, and their history. */
@Injectable()
export class AccountStore {
  /** Makes the row of a key when there is none, so that it can be locked. */
  async createIfMissing(tx: Tx, account: { accountId: string; externalKey: string }): Promise<void> {
    await tx.query(
      'INSERT INTO accounts (account_id, external_key) VALUES ($1, $2) ON CONFLICT (account_id) DO NOTHING',
      [account.accountId, account.externalKey],
    );
  }

  /**
   * Locks an account and its wallet, and reads both. The account comes first, everywhere: event intake locks only the
   * account and the ledger only the wallet, so the order cannot cross. The read is a statement of its own, because one
   * that waited for the lock would still see the holds as they were before the wait.
   */
  async lock(tx: Tx, accountId: string): Promise<AccountSqlRow | undefined> {
    await tx.query('SELECT 1 FROM accounts WHERE account_id = $1 FOR NO KEY UPDATE', [accountId]);
    await tx.query('SELECT 1 FROM wallets WHERE account_id = $1 FOR NO KEY UPDATE', [accountId]);
    const [row] = await tx.query<AccountSqlRow>(
      `SELECT ${ACCOUNT_COLUMNS}
         FROM accounts a
         LEFT JOIN wallets w USING (account_id)
         LEFT JOIN LATERAL (
           SELECT sum(held_micro) AS micro FROM reservations
            WHERE account_id = a.account_id AND status = 'ACTIVE' AND expires_at <= ledger_clock()
         ) overdue ON true
        WHERE a.account_id = $1`,
      [accountId],
    );
    return row;
  }

  async enrol(tx: Tx, fields: EnrolmentFields, billingMode: BillingMode): Promise<void> {
    await tx.query(
      `UPDATE accounts
          SET display_name = $2, account_type = $3, tenant_id = $4, payment_terms_days = $5, currency = $6,
              enrolled_at = clock_timestamp(), updated_at = clock_timestamp()
        WHERE account_id = $1`,
      [
        fields.accountId,
        fields.displayName,
        fields.accountType,
        fields.tenantId,
        fields.paymentTermsDays,
        fields.currency,
      ],
    );
    await tx.query('INSERT INTO wallets (account_id, billing_mode) VALUES ($1, $2)', [fields.accountId, billingMode]);
  }

  async setBillingMode(tx: Tx, accountId: string, billingMode: BillingMode): Promise<void> {
    await tx.query('UPDATE wallets SET billing_mode = $2 WHERE account_id = $1', [accountId, billingMode]);
  }

  async setStatus(tx: Tx, accountId: string, status: 'ACTIVE' | 'SUSPENDED'): Promise<void> {
    await tx.query('UPDATE wallets SET account_status = $2 WHERE account_id = $1', [accountId, status]);
  }

  async setPaymentTerms(tx: Tx, accountId: string, days: number): Promise<void> {
    await tx.query('UPDATE accounts SET payment_terms_days = $2 WHERE account_id = $1', [accountId, days]);
  }

  /**
   * Sets how far below zero the available credits may go, and keeps from which movement on the limit holds: the past is
   * judged by the limit of its time. The caller holds the account's locks. False: more than that is in use.
   */
  async setOverdraftLimit(tx: Tx, account: { accountId: string; version: number }, limit: Credits): Promise<boolean> {
    const written = await tx.execute(
      `WITH changed AS (
         UPDATE wallets SET overdraft_limit_micro = $3
          WHERE account_id = $1 AND balance_micro - reserved_micro >= -$3::bigint
         RETURNING account_id, seq)
       INSERT INTO overdraft_limits (account_id, version, from_seq, limit_micro)
       SELECT account_id, $2, seq + 1, $3 FROM changed`,
      [account.accountId, account.version, limit.toString()],
    );
    return written > 0;
  }

  /** Writes the history line of a change. */
  async record(tx: Tx, change: AccountChange): Promise<void> {
    await tx.query(
      `INSERT INTO account_changes (account_id, change_id, kind, before, after, actor, reason)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        change.accountId,
        newId(),
        change.kind,
        change.before === null ? null : JSON.stringify(change.before),
        JSON.stringify(change.after),
        change.actor,
        change.reason,
      ],
    );
  }

  /** Counts one edit on: whoever read the account before must read it again. */
  async bumpVersion(tx: Tx, accountId: string): Promise<void> {
    await tx.query('UPDATE accounts SET version = version + 1, updated_at = clock_timestamp() WHERE account_id = $1', [
      accountId,
    ]);
  }
}
