import { Injectable } from '@nestjs/common';
import { fromMicroCredits, type Credits } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import type { DecisionOperation, DecisionVerdict } from './decision-book.ts';
import type { SetbackReason } from './setback.ts';

/** What V1 still owes Studio, and what it decided alone: for the monitor. */
export interface LinkBacklog {
  readonly pendingRows: number;
  readonly parkedRows: number;
  readonly oldestPendingAt: Date | null;
  /** Decisions without a verdict, and the credits at stake in them. */
  readonly openDecisions: number;
  readonly openExposure: Credits;
}

export interface DecisionRow {
  readonly id: number;
  readonly operation: DecisionOperation;
  readonly accountKey: string;
  readonly commissionId: number | null;
  readonly amount: Credits;
  readonly knownMode: string | null;
  readonly knownAvailable: Credits | null;
  readonly knownAgeSeconds: number | null;
  readonly reason: string;
  readonly outageId: number | null;
  readonly decidedAt: Date;
  readonly verdict: DecisionVerdict | null;
  readonly verdictCode: string | null;
  readonly settledAt: Date | null;
}

export interface OutageRow {
  readonly id: number;
  readonly reason: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  /** Decisions taken during the outage by verdict; `open` has none yet. */
  readonly decisions: Readonly<Record<DecisionVerdict | 'open', number>>;
  /** Credits decided on, and those Studio would have refused. */
  readonly amount: Credits;
  readonly refusedAmount: Credits;
}

/** Studio's ledger of an account went back behind what V1 held. */
export interface SetbackRow {
  readonly id: number;
  readonly accountKey: string;
  readonly reason: SetbackReason;
  readonly noticedAt: Date;
  /** `studio-link` when V1 noticed by itself, else the person who asked. */
  readonly actor: string;
  readonly held: Readonly<Record<string, unknown>> | null;
  readonly found: Readonly<Record<string, unknown>> | null;
  readonly rowsReopened: number;
  /** Of the rows sent again: not answered yet, answered as the first time, answered otherwise. */
  readonly rows: { readonly open: number; readonly asBefore: number; readonly otherwise: number };
  /** Ids of the rows answered otherwise: each is a fact V1 acted on that is not so any more. */
  readonly otherwiseIds: readonly number[];
}

export interface ParkedRow {
  readonly id: number;
  readonly accountKey: string;
  readonly kind: string;
  readonly eventType: string;
  readonly idempotencyKey: string;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly createdAt: Date;
}

@Injectable()
export class StudioLinkQueries {
  constructor(private readonly pool: PgPool) {}

  async backlog(): Promise<LinkBacklog> {
    const { rows } = await this.pool.query<
      Record<'pending' | 'parked' | 'decisions' | 'exposure', string> & { oldest: Date | null }
    >(
      `SELECT (SELECT count(*) FROM events WHERE state = 'pending') AS pending,
              (SELECT count(*) FROM events WHERE state = 'parked') AS parked,
              (SELECT min(created_at) FROM events WHERE state = 'pending') AS oldest,
              (SELECT count(*) FROM studio_decisions WHERE verdict IS NULL) AS decisions,
              (SELECT coalesce(sum(amount_micro), 0)::bigint FROM studio_decisions WHERE verdict IS NULL) AS exposure`,
    );
    const [row] = rows;
    if (!row) throw new Error('the backlog query answered no row');
    return {
      pendingRows: Number(row.pending),
      parkedRows: Number(row.parked),
      oldestPendingAt: row.oldest,
      openDecisions: Number(row.decisions),
      openExposure: fromMicroCredits(row.exposure),
    };
  }

  /** Newest first; `beforeId` continues a list. */
  async decisions(filter: { onlyOpen: boolean; beforeId: number | null; limit: number }): Promise<DecisionRow[]> {
    const { rows } = await this.pool.query<DecisionSqlRow>(
      `SELECT * FROM studio_decisions
        WHERE (NOT $1 OR verdict IS NULL) AND ($2::bigint IS NULL OR id < $2)
        ORDER BY id DESC LIMIT $3`,
      [filter.onlyOpen, filter.beforeId, filter.limit],
    );
    return rows.map(toDecision);
  }

  /** Outages, newest first, each with what was decided in it: the closing report. */
  async outages(limit: number): Promise<OutageRow[]> {
    const { rows } = await this.pool.query<OutageSqlRow>(
      `SELECT o.id, o.reason, o.started_at, o.ended_at,
              count(d.id) FILTER (WHERE d.verdict IS NULL) AS open,
              count(d.id) FILTER (WHERE d.verdict = 'honoured') AS honoured,
              count(d.id) FILTER (WHERE d.verdict = 'would_have_been_refused') AS would_have_been_refused,
              count(d.id) FILTER (WHERE d.verdict = 'mode_differed') AS mode_differed,
              count(d.id) FILTER (WHERE d.verdict = 'already_applied') AS already_applied,
              coalesce(sum(d.amount_micro), 0)::bigint AS amount,
              coalesce(sum(d.amount_micro) FILTER (WHERE d.verdict = 'would_have_been_refused'), 0)::bigint AS refused_amount
         FROM (SELECT * FROM studio_outages ORDER BY id DESC LIMIT $1) o
         LEFT JOIN studio_decisions d ON d.outage_id = o.id
        GROUP BY o.id, o.reason, o.started_at, o.ended_at ORDER BY o.id DESC`,
      [limit],
    );
    return rows.map((row) => ({
      id: Number(row.id),
      reason: row.reason,
      startedAt: row.started_at,
      endedAt: row.ended_at,
      decisions: {
        open: Number(row.open),
        honoured: Number(row.honoured),
        would_have_been_refused: Number(row.would_have_been_refused),
        mode_differed: Number(row.mode_differed),
        already_applied: Number(row.already_applied),
      },
      amount: fromMicroCredits(row.amount),
      refusedAmount: fromMicroCredits(row.refused_amount),
    }));
  }

  /** Setbacks, newest first, each with what became of the rows that were sent again. */
  async setbacks(limit: number): Promise<SetbackRow[]> {
    const { rows } = await this.pool.query<SetbackSqlRow>(
      `SELECT s.id, s.account_key, s.reason, s.noticed_at, s.actor, s.held, s.found, s.rows_reopened,
              count(e.id) FILTER (WHERE e.state IN ('pending', 'parked')) AS open,
              count(e.id) FILTER (WHERE NOT e.is_other AND e.state NOT IN ('pending', 'parked')) AS as_before,
              count(e.id) FILTER (WHERE e.is_other AND e.state NOT IN ('pending', 'parked')) AS otherwise,
              coalesce(array_agg(e.id ORDER BY e.id) FILTER (WHERE e.is_other AND e.state NOT IN ('pending', 'parked')), '{}') AS other_ids
         FROM (SELECT * FROM studio_setbacks ORDER BY id DESC LIMIT $1) s
         LEFT JOIN LATERAL (
           SELECT id, state,
                  state IS DISTINCT FROM answer_before ->> 'state' OR answer_code IS DISTINCT FROM answer_before ->> 'code'
                  OR answer_reason IS DISTINCT FROM answer_before ->> 'reason'
                  -- A hold's state goes on changing; what a charge came to is its outcome.
                  OR (kind = 'consume' AND answer -> 'status' IS DISTINCT FROM answer_before -> 'outcome') AS is_other
             FROM events WHERE setback_id = s.id) e ON true
        GROUP BY s.id, s.account_key, s.reason, s.noticed_at, s.actor, s.held, s.found, s.rows_reopened ORDER BY s.id DESC`,
      [limit],
    );
    return rows.map((row) => ({
      id: Number(row.id),
      accountKey: row.account_key,
      reason: row.reason,
      noticedAt: row.noticed_at,
      actor: row.actor,
      held: row.held,
      found: row.found,
      rowsReopened: row.rows_reopened,
      rows: { open: Number(row.open), asBefore: Number(row.as_before), otherwise: Number(row.otherwise) },
      otherwiseIds: row.other_ids.map(Number),
    }));
  }

  async parkedRows(limit: number): Promise<ParkedRow[]> {
    const { rows } = await this.pool.query<ParkedSqlRow>(
      `SELECT id, account_key, kind, event_type, idempotency_key, attempts, last_error, created_at FROM events
        WHERE state = 'parked' ORDER BY id LIMIT $1`,
      [limit],
    );
    return rows.map((row) => ({
      id: Number(row.id),
      accountKey: row.account_key,
      kind: row.kind,
      eventType: row.event_type,
      idempotencyKey: row.idempotency_key,
      attempts: row.attempts,
      lastError: row.last_error,
      createdAt: row.created_at,
    }));
  }
}

interface DecisionSqlRow {
  id: string;
  operation: DecisionOperation;
  account_key: string;
  commission_id: string | null;
  amount_micro: string;
  known_mode: string | null;
  known_available_micro: string | null;
  known_age_seconds: number | null;
  reason: string;
  outage_id: string | null;
  decided_at: Date;
  verdict: DecisionVerdict | null;
  verdict_code: string | null;
  settled_at: Date | null;
}

type OutageSqlRow = { id: string; reason: string; started_at: Date; ended_at: Date | null } & Record<
  DecisionVerdict | 'open' | 'amount' | 'refused_amount',
  string
>;

interface SetbackSqlRow {
  id: string;
  account_key: string;
  reason: SetbackReason;
  noticed_at: Date;
  actor: string;
  held: Record<string, unknown> | null;
  found: Record<string, unknown> | null;
  rows_reopened: number;
  open: string;
  as_before: string;
  otherwise: string;
  other_ids: string[];
}

interface ParkedSqlRow {
  id: string;
  account_key: string;
  kind: string;
  event_type: string;
  idempotency_key: string;
  attempts: number;
  last_error: string | null;
  created_at: Date;
}

function toDecision(row: DecisionSqlRow): DecisionRow {
  return {
    id: Number(row.id),
    operation: row.operation,
    accountKey: row.account_key,
    commissionId: row.commission_id === null ? null : Number(row.commission_id),
    amount: fromMicroCredits(row.amount_micro),
    knownMode: row.known_mode,
    knownAvailable: row.known_available_micro === null ? null : fromMicroCredits(row.known_available_micro),
    knownAgeSeconds: row.known_age_seconds,
    reason: row.reason,
    outageId: row.outage_id === null ? null : Number(row.outage_id),
    decidedAt: row.decided_at,
    verdict: row.verdict,
    verdictCode: row.verdict_code,
    settledAt: row.settled_at,
  };
}
