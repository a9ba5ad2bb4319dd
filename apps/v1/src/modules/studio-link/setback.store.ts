import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { addJob } from '@tandem/platform/jobs/add-job';
import type { LaneRowKind } from './lane-rows.queries.ts';
import { DRAIN_LANE_TASK } from './outbox.ts';
import type { FoundHead, HeldHead, HeldOutcome, SetbackReason } from './setback.ts';

/** An outcome with its place in the order of outcomes. */
export interface PlacedOutcome extends HeldOutcome {
  readonly settledNo: string;
}

/** Rows of one account to be sent again: those settled after a place in the order, or since a time. */
export interface RowsToReopen {
  readonly accountKey: string;
  readonly settledAfter?: string;
  readonly settledSince?: Date;
}

export interface NewSetback extends RowsToReopen {
  readonly reason: SetbackReason;
  readonly actor: string;
  /** Setbacks the account had when the caller decided: only the first of two who decided at once acts. */
  readonly setbacks: number;
  /** Null when Studio never gave a receipt. */
  readonly held: HeldHead | null;
  /** Null when nobody asked Studio. */
  readonly found: FoundHead | null;
}

interface HeldSqlRow {
  account_key: string;
  incarnation: string;
  ledger_seq: string | null;
  event_seq: string | null;
  sealed_seq: string | null;
  sealed_digest: string | null;
  setbacks: number;
  kind: LaneRowKind | null;
  idempotency_key: string | null;
}

/** What V1 holds of Studio's outcomes, and the rows it sends again when Studio lost some. */
@Injectable()
export class SetbackStore {
  constructor(private readonly pool: PgPool) {}

  /** What is held of these accounts. Accounts Studio never gave a receipt for are absent. */
  async held(accountKeys: readonly string[]): Promise<HeldHead[]> {
    return this.heldWhere('l.account_key = ANY($1::text[])', [accountKeys]);
  }

  /** The same for all accounts in the order of their keys, page by page. */
  async heldAfter(accountKey: string, limit: number): Promise<HeldHead[]> {
    return this.heldWhere('l.account_key > $1 ORDER BY l.account_key LIMIT $2', [accountKey, limit]);
  }

  private async heldWhere(condition: string, values: unknown[]): Promise<HeldHead[]> {
    const { rows } = await this.pool.query<HeldSqlRow>(
      `SELECT l.account_key, l.incarnation, l.ledger_seq, l.event_seq, l.sealed_seq, l.sealed_digest, l.setbacks,
              e.kind, e.idempotency_key
         FROM lanes l
         LEFT JOIN LATERAL (
           SELECT kind, idempotency_key FROM events
            WHERE account_key = l.account_key AND settled_no IS NOT NULL AND receipt_seq IS NOT NULL
            ORDER BY settled_no DESC LIMIT 1) e ON true
        WHERE l.incarnation IS NOT NULL AND ${condition}`,
      values,
    );
    return rows.map(toHeldHead);
  }

  /** Outcomes Studio stored before a place in the order, newest first. */
  async outcomesBefore(accountKey: string, settledNo: string | null, limit: number): Promise<PlacedOutcome[]> {
    const { rows } = await this.pool.query<{ settled_no: string; kind: LaneRowKind; idempotency_key: string }>(
      `SELECT settled_no, kind, idempotency_key FROM events
        WHERE account_key = $1 AND settled_no IS NOT NULL AND receipt_seq IS NOT NULL
          AND ($2::bigint IS NULL OR settled_no < $2)
        ORDER BY settled_no DESC LIMIT $3`,
      [accountKey, settledNo, limit],
    );
    return rows.map((row) => ({ settledNo: row.settled_no, kind: row.kind, idempotencyKey: row.idempotency_key }));
  }

  async setbacksOf(accountKey: string): Promise<number> {
    const { rows } = await this.pool.query<{ setbacks: number }>('SELECT setbacks FROM lanes WHERE account_key = $1', [
      accountKey,
    ]);
    return rows[0]?.setbacks ?? 0;
  }

  /** Rows that would be sent again, per account. */
  async settledSince(since: Date, accountKey: string | null): Promise<{ accountKey: string; rows: number }[]> {
    const { rows } = await this.pool.query<{ account_key: string; count: string }>(
      `SELECT account_key, count(*) FROM events
        WHERE settled_no IS NOT NULL AND processed_at >= $1 AND ($2::text IS NULL OR account_key = $2)
        GROUP BY account_key ORDER BY account_key`,
      [since, accountKey],
    );
    return rows.map((row) => ({ accountKey: row.account_key, rows: Number(row.count) }));
  }

  /**
   * Writes the setback and opens the rows again: same bytes, same keys, same order. What Studio still has answers its
   * stored outcome. Whoever works the lane now loses its lease, so that a row in flight comes after those before it.
   *
   * @returns rows opened; null when somebody else has acted on the same reading.
   */
  async record(tx: Tx, setback: NewSetback): Promise<number | null> {
    const { accountKey, held, found, setbacks } = setback;
    const lane = await tx.query('SELECT FROM lanes WHERE account_key = $1 AND setbacks = $2 FOR UPDATE', [
      accountKey,
      setbacks,
    ]);
    if (lane.length === 0) return null;
    const [written] = await tx.query<{ id: string }>(
      'INSERT INTO studio_setbacks (account_key, reason, actor, held, found) VALUES ($1, $2, $3, $4, $5) RETURNING id',
      [accountKey, setback.reason, setback.actor, held && JSON.stringify(held), found && JSON.stringify(found)],
    );
    const reopened = await tx.execute(
      `UPDATE events
          SET state = 'pending', attempts = 0, setback_id = $2,
              answer_before = jsonb_build_object('state', state, 'reason', answer_reason, 'status', answer_status,
                'code', answer_code, 'outcome', answer -> 'status'),
              answer_reason = NULL, answer_status = NULL, answer_code = NULL, answer = NULL, last_error = NULL,
              processed_at = NULL, settled_no = NULL, receipt_seq = NULL
        WHERE account_key = $1 AND settled_no IS NOT NULL AND (settled_no > $3 OR processed_at >= $4)`,
      [accountKey, written?.id, setback.settledAfter ?? null, setback.settledSince ?? null],
    );
    await tx.query('UPDATE studio_setbacks SET rows_reopened = $2 WHERE id = $1', [written?.id, reopened]);
    await tx.query(
      `UPDATE lanes SET setbacks = setbacks + 1, fence = fence + 1, lease_owner = NULL, lease_until = NULL,
              attempts = 0, next_at = clock_timestamp() WHERE account_key = $1`,
      [accountKey],
    );
    if (found) await this.adopt(tx, accountKey, found);
    await addJob(tx, DRAIN_LANE_TASK, { account_key: accountKey }, { jobKey: `lane:${accountKey}` });
    return reopened;
  }

  /** From here on Studio's own heads are what is held: the same setback is noticed once. */
  private async adopt(tx: Tx, accountKey: string, found: FoundHead): Promise<void> {
    await tx.query(
      `UPDATE lanes SET incarnation = $2, ledger_seq = $3, event_seq = $4, sealed_seq = $5, sealed_digest = $6
        WHERE account_key = $1`,
      [
        accountKey,
        found.incarnation,
        found.account_seq,
        found.event_seq,
        found.last_seal?.seq ?? null,
        found.last_seal?.digest ?? null,
      ],
    );
  }

  /** Keeps a newer seal of an account that is as it should be. */
  async keepSeal(held: HeldHead, found: FoundHead): Promise<void> {
    if (found.last_seal === null || found.last_seal.seq <= (held.seal?.seq ?? 0)) return;
    await this.pool.query(
      `UPDATE lanes SET sealed_seq = $3, sealed_digest = $4
        WHERE account_key = $1 AND setbacks = $2 AND coalesce(sealed_seq, 0) < $3`,
      [held.accountKey, held.setbacks, found.last_seal.seq, found.last_seal.digest],
    );
  }
}

function toHeldHead(row: HeldSqlRow): HeldHead {
  return {
    accountKey: row.account_key,
    incarnation: row.incarnation,
    ledgerSeq: row.ledger_seq === null ? null : Number(row.ledger_seq),
    eventSeq: row.event_seq === null ? null : Number(row.event_seq),
    seal:
      row.sealed_seq === null || row.sealed_digest === null
        ? null
        : { seq: Number(row.sealed_seq), digest: row.sealed_digest },
    newest:
      row.kind === null || row.idempotency_key === null
        ? null
        : { kind: row.kind, idempotencyKey: row.idempotency_key },
    setbacks: row.setbacks,
  };
}
