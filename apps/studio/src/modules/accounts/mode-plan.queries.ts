import { Injectable } from '@nestjs/common';
import { fromMicroCredits, type BillingMode } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { ModeState, PastWork } from './mode-plan.ts';

/** Past work looked at; more than that says enough. */
const PAST_WORK_MAX = 10_000;
/** Pieces of work shown by name. */
const SHOWN_MAX = 50;

interface ModeStateSqlRow {
  readonly version: number;
  readonly billing_mode: BillingMode;
  readonly account_status: string;
  readonly balance_micro: string;
  readonly reserved_micro: string;
  readonly overdraft_limit_micro: string;
  readonly seq: string;
  readonly holds_count: string;
  readonly holds_micro: string;
  readonly holds_digest: string;
  readonly ignored_count: string;
  readonly ignored_micro: string;
  readonly ignored_without_amount: string;
  readonly ignored_digest: string;
}

/** A piece of work in flight, as it is shown. */
export interface ShownWork {
  readonly ref_type: string;
  readonly ref_id: string;
  readonly acceptance: number;
  readonly amount_micro: string | null;
  readonly since: Date;
  readonly expires_at: Date | null;
}

/**
 * Work that was left to the invoice and has not ended. Its end is an IGNORED consume or release; its amount stands with
 * the reserve that asked for it, unless that came before the account was enrolled.
 */
const IGNORED_WORK = `
  SELECT f.ref_type, f.ref_id, f.acceptance, f.decided_at,
         (SELECT max(u.amount_micro) FROM asked u
           WHERE u.operation = 'reserve' AND (u.ref_type, u.ref_id, u.acceptance) = (f.ref_type, f.ref_id, f.acceptance)) AS amount_micro
    FROM funding_decisions f
   WHERE f.account_id = $1 AND f.decision = 'IGNORED' AND f.settled_at IS NULL
     AND NOT EXISTS (SELECT FROM asked u WHERE u.operation IN ('consume', 'release')
                        AND (u.ref_type, u.ref_id, u.acceptance) = (f.ref_type, f.ref_id, f.acceptance))`;
const ASKED = `
  SELECT operation, ref_type, ref_id, acceptance, amount_micro FROM unposted_outcomes
   WHERE account_id = $1 AND outcome = 'IGNORED'`;

// One statement, so that everything in a plan was true at one moment.
const STATE_SQL = `
  WITH asked AS MATERIALIZED (${ASKED}),
  ignored AS (${IGNORED_WORK}),
  holds AS (SELECT * FROM reservations WHERE account_id = $1 AND status = 'ACTIVE')
  SELECT a.version, w.billing_mode, w.account_status, w.balance_micro, w.reserved_micro, w.overdraft_limit_micro, w.seq,
         h.*, i.*
    FROM accounts a JOIN wallets w USING (account_id),
         LATERAL (SELECT count(*) FILTER (WHERE expires_at > ledger_clock()) AS holds_count,
                         coalesce(sum(held_micro) FILTER (WHERE expires_at > ledger_clock()), 0) AS holds_micro,
                         encode(sha256(convert_to(coalesce(string_agg(
                           reservation_id || ' ' || held_micro || ' ' || extract(epoch FROM expires_at), ',' ORDER BY reservation_id), ''),
                           'UTF8')), 'hex') AS holds_digest FROM holds) h,
         LATERAL (SELECT count(*) AS ignored_count, coalesce(sum(amount_micro), 0) AS ignored_micro,
                         count(*) FILTER (WHERE amount_micro IS NULL) AS ignored_without_amount,
                         encode(sha256(convert_to(coalesce(string_agg(
                           ref_type || ' ' || ref_id || ' ' || acceptance, ',' ORDER BY ref_type, ref_id, acceptance), ''),
                           'UTF8')), 'hex') AS ignored_digest FROM ignored) i
   WHERE a.account_id = $1`;

/** Reads what a switch of the billing mode depends on. Never writes. */
@Injectable()
export class ModePlanQueries {
  constructor(private readonly pool: PgPool) {}

  /** The state now; undefined for an account nobody enrolled. */
  async state(accountId: string): Promise<ModeState | undefined> {
    const { rows } = await this.pool.query<ModeStateSqlRow>(STATE_SQL, [accountId]);
    return rows[0] && toModeState(rows[0]);
  }

  /** The state under the locks of a transaction: nothing of it changes before the commit. */
  async stateWithin(tx: Tx, accountId: string): Promise<ModeState | undefined> {
    const [row] = await tx.query<ModeStateSqlRow>(STATE_SQL, [accountId]);
    return row && toModeState(row);
  }

  /** The oldest open holds, and the oldest work that was left to the invoice. */
  async shown(accountId: string): Promise<{ holds: ShownWork[]; ignored: ShownWork[] }> {
    const [holds, ignored] = await Promise.all([
      this.pool.query<ShownWork>(
        `SELECT ref_type, ref_id, acceptance, held_micro AS amount_micro, created_at AS since, expires_at FROM reservations
          WHERE account_id = $1 AND status = 'ACTIVE' AND expires_at > ledger_clock()
          ORDER BY reservation_id LIMIT $2`,
        [accountId, SHOWN_MAX],
      ),
      this.pool.query<ShownWork>(
        `WITH asked AS MATERIALIZED (${ASKED})
         SELECT ref_type, ref_id, acceptance, amount_micro, decided_at AS since, NULL::timestamptz AS expires_at
           FROM (${IGNORED_WORK}) ignored ORDER BY decided_at, ref_type, ref_id, acceptance LIMIT $2`,
        [accountId, SHOWN_MAX],
      ),
    ]);
    return { holds: holds.rows, ignored: ignored.rows };
  }

  /**
   * Work of the last days, oldest first, with what it cost in the end: charged, still held, or left to the invoice. What
   * was given back in full is not in it.
   */
  async pastWork(accountId: string, days: number): Promise<{ work: PastWork[]; isComplete: boolean }> {
    const { rows } = await this.pool.query<{ at: Date; amount: string }>(
      `SELECT created_at AS at, coalesce(settled_micro, held_micro) AS amount FROM reservations
        WHERE account_id = $1 AND created_at >= ledger_clock() - make_interval(days => $2)
          AND (settled_at IS NOT NULL OR status = 'ACTIVE')
       UNION ALL
       SELECT u.created_at, u.amount_micro FROM unposted_outcomes u
        WHERE u.account_id = $1 AND u.account_seq >= 0 AND u.created_at >= ledger_clock() - make_interval(days => $2)
          AND u.operation = 'reserve' AND u.outcome = 'IGNORED'
          AND NOT EXISTS (SELECT FROM unposted_outcomes r WHERE r.account_id = $1 AND r.operation = 'release'
             AND r.outcome = 'IGNORED' AND (r.ref_type, r.ref_id, r.acceptance) = (u.ref_type, u.ref_id, u.acceptance))
       ORDER BY at LIMIT $3`,
      [accountId, days, PAST_WORK_MAX + 1],
    );
    const work = rows.slice(0, PAST_WORK_MAX).map(({ at, amount }) => ({ at, amount: fromMicroCredits(amount) }));
    return { work, isComplete: rows.length <= PAST_WORK_MAX };
  }
}

function toModeState(row: ModeStateSqlRow): ModeState {
  return {
    version: row.version,
    billingMode: row.billing_mode,
    accountStatus: row.account_status,
    balance: fromMicroCredits(row.balance_micro),
    reserved: fromMicroCredits(row.reserved_micro),
    overdraftLimit: fromMicroCredits(row.overdraft_limit_micro),
    seq: Number(row.seq),
    openHolds: {
      count: Number(row.holds_count),
      credits: fromMicroCredits(row.holds_micro),
      withoutAmount: 0,
      digest: row.holds_digest,
    },
    ignoredWork: {
      count: Number(row.ignored_count),
      credits: fromMicroCredits(row.ignored_micro),
      withoutAmount: Number(row.ignored_without_amount),
      digest: row.ignored_digest,
    },
  };
}
