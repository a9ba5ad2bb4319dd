import { Injectable } from '@nestjs/common';
import type { AccountStatusName, BillingMode } from '@tandem/contracts';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { LedgerSqlRow } from '../ledger/credits.convert.ts';

/** The moment to explain and the policy that held then. */
export interface MomentSqlRow {
  readonly is_future: boolean;
  readonly at: string;
  /** First instant that does not count any more: rows of the moment itself do. */
  readonly before: string;
  readonly head_seq: string;
  readonly folded_seq: string;
  readonly billing_mode: BillingMode | null;
  readonly account_status: AccountStatusName;
  readonly overdraft_limit_micro: string;
}

export interface OpenHoldSqlRow {
  readonly reservation_id: string;
  /** Position of the row that made the hold; null when that row lies further back than this page. */
  readonly seq: string | null;
  /** Effect of the page's rows of this hold on what is reserved. */
  readonly reserved_micro: string;
  readonly ref_type: string;
  readonly ref_id: string;
  readonly acceptance: number;
  readonly created_at: Date;
  readonly expires_at: Date;
}

export interface UnwrittenEndSqlRow {
  readonly kind: 'EXPIRE' | 'LOT_EXPIRY' | 'CLAWBACK';
  readonly effective_at: Date;
  readonly reservation_id: string | null;
  readonly lot_id: string | null;
  readonly amount_micro: string;
}

const UTC_MICROSECONDS = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

/** Reads what an explanation shows beside the figures. Never writes. */
@Injectable()
export class ExplanationQueries {
  /** @param at UTC with microseconds; undefined: now, by the clock of the books */
  async moment(tx: Tx, accountId: string, at: string | undefined): Promise<MomentSqlRow> {
    const [row] = await tx.query<MomentSqlRow & Record<string, unknown>>(
      `WITH t AS MATERIALIZED (
         SELECT coalesce($2::timestamptz, c.now) AS at, c.now FROM (SELECT ledger_clock() AS now OFFSET 0) c)
       SELECT t.at > t.now AS is_future, to_char(t.at AT TIME ZONE 'UTC', ${UTC_MICROSECONDS}) AS at,
              to_char((t.at + interval '1 microsecond') AT TIME ZONE 'UTC', ${UTC_MICROSECONDS}) AS before,
              coalesce(w.seq, 0) AS head_seq, coalesce(p.folded_seq, 0) AS folded_seq,
              CASE WHEN a.enrolled_at <= t.at THEN coalesce(
                (SELECT c.after->>'billing_mode' FROM account_changes c
                  WHERE c.account_id = $1 AND c.kind IN ('ENROLLED', 'MODE_CHANGED') AND c.created_at <= t.at
                  ORDER BY c.created_at DESC, c.change_id DESC LIMIT 1),
                (SELECT c.before->>'billing_mode' FROM account_changes c
                  WHERE c.account_id = $1 AND c.kind = 'MODE_CHANGED' AND c.created_at > t.at
                  ORDER BY c.created_at, c.change_id LIMIT 1),
                w.billing_mode) END AS billing_mode,
              CASE WHEN a.enrolled_at <= t.at THEN coalesce(
                (SELECT CASE c.kind WHEN 'SUSPENDED' THEN 'SUSPENDED' ELSE 'ACTIVE' END FROM account_changes c
                  WHERE c.account_id = $1 AND c.kind IN ('ENROLLED', 'SUSPENDED', 'REACTIVATED') AND c.created_at <= t.at
                  ORDER BY c.created_at DESC, c.change_id DESC LIMIT 1),
                w.account_status) ELSE 'UNENROLLED' END AS account_status,
              coalesce((SELECT o.limit_micro FROM overdraft_limits o
                         WHERE o.account_id = $1 AND o.changed_at <= t.at ORDER BY o.version DESC LIMIT 1), 0) AS overdraft_limit_micro
         FROM t
        CROSS JOIN accounts a
         LEFT JOIN wallets w USING (account_id)
         LEFT JOIN lot_progress p USING (account_id)
        WHERE a.account_id = $1`,
      [accountId, at ?? null],
    );
    if (!row) throw new Error(`account ${accountId} vanished while it was read`);
    return row;
  }

  /** Figures after one row. */
  async after(tx: Tx, accountId: string, seq: string): Promise<{ balance_micro: string; reserved_micro: string }> {
    const [row] = await tx.query<{ balance_micro: string; reserved_micro: string }>(
      `SELECT balance_after_micro AS balance_micro, reserved_after_micro AS reserved_micro FROM ledger
        WHERE account_id = $1 AND seq = $2`,
      [accountId, seq],
    );
    return row ?? { balance_micro: '0', reserved_micro: '0' };
  }

  /** Holds moved by the rows after one position up to another, except those whose time was over before a moment. */
  holds(tx: Tx, accountId: string, rows: { after: string; upTo: string; before: string }): Promise<OpenHoldSqlRow[]> {
    return tx.query<OpenHoldSqlRow & Record<string, unknown>>(
      `SELECT g.reservation_id, g.seq, g.reserved_micro, r.ref_type, r.ref_id, r.acceptance, r.created_at, r.expires_at
         FROM (SELECT l.reservation_id, min(l.seq) FILTER (WHERE l.kind = 'RESERVE') AS seq,
                      sum(l.reserved_delta_micro) AS reserved_micro, max(l.seq) AS last_seq
                 FROM ledger l
                WHERE l.account_id = $1 AND l.seq > $2 AND l.seq <= $3 AND l.reserved_delta_micro <> 0
                GROUP BY l.reservation_id HAVING sum(l.reserved_delta_micro) <> 0) g
         JOIN reservations r ON r.account_id = $1 AND r.reservation_id = g.reservation_id
        WHERE NOT (r.status IN ('ACTIVE', 'EXPIRED') AND r.expires_at < $4)
        ORDER BY g.seq DESC NULLS FIRST`,
      [accountId, rows.after, rows.upTo, rows.before],
    );
  }

  /** Ends written at the moment or later that count before it. */
  lateEnds(tx: Tx, accountId: string, before: string, limit: number): Promise<LedgerSqlRow[]> {
    return tx.query<LedgerSqlRow & Record<string, unknown>>(
      `SELECT l.account_id, l.seq, l.entry_id, l.kind, l.balance_delta_micro, l.reserved_delta_micro, l.balance_after_micro,
              l.reserved_after_micro, l.reservation_id, l.ref_type, l.ref_id, l.acceptance, l.client, l.idempotency_key,
              l.actor, l.reason, l.effective_at, l.created_at, a.tenant_id
         FROM late_ends($1, $2) l JOIN accounts a USING (account_id) ORDER BY l.seq LIMIT $3`,
      [accountId, before, limit],
    );
  }

  /** Ends that count before the moment and that nobody has written yet. */
  unwrittenEnds(tx: Tx, accountId: string, before: string, limit: number): Promise<UnwrittenEndSqlRow[]> {
    return tx.query<UnwrittenEndSqlRow & Record<string, unknown>>(
      `SELECT * FROM unwritten_ends($1) u WHERE u.effective_at < $2
        ORDER BY u.effective_at, u.kind, u.reservation_id, u.lot_id LIMIT $3`,
      [accountId, before, limit],
    );
  }
}
