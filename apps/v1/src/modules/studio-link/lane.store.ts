import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { LaneRowKind, LaneRowState } from './lane-rows.queries.ts';
import { isRecord, type StudioAnswer } from './studio-answer.ts';

/** A drainer works a lane for this long before others may take it over; renewed with every settled batch. */
const LEASE_SECONDS = 15;

/** A row of the outbox, as the drainer needs it. */
export interface LaneRow {
  readonly id: number;
  readonly kind: LaneRowKind;
  readonly body: string;
  readonly state: LaneRowState;
  readonly attempts: number;
  /** Studio refused or failed on it before, perhaps as part of a batch: it goes alone, so that it is judged alone. */
  readonly isSuspect: boolean;
}

/** The right to work a lane. Only the newest fence may write. */
export interface LaneLease {
  readonly accountKey: string;
  readonly fence: string;
}

/** Thrown when a lease ran out and somebody else took the lane: what was about to be written is theirs to decide. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

interface LaneSqlRow {
  id: string;
  kind: LaneRowKind;
  body: string;
  state: LaneRowState;
  attempts: number;
  is_suspect: boolean;
}

/** SQL on `lanes` and `events` for who drains them; rows are appended by outbox.ts and opened again by setback.store.ts. */
@Injectable()
export class LaneStore {
  constructor(private readonly pool: PgPool) {}

  /** Takes the lane if nobody works it. A relay also respects the time of its next try; a person's request does not. */
  async claim(accountKey: string, owner: string, whenDue: boolean): Promise<LaneLease | null> {
    const { rows } = await this.pool.query<{ fence: string }>(
      `UPDATE lanes
          SET lease_owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3), fence = fence + 1
        WHERE account_key = $1
          AND (lease_until IS NULL OR lease_until < clock_timestamp())
          AND (NOT $4 OR next_at <= clock_timestamp())
        RETURNING fence`,
      [accountKey, owner, LEASE_SECONDS, whenDue],
    );
    return rows[0] ? { accountKey, fence: rows[0].fence } : null;
  }

  /** Gives the lane back and says when it is due again. A lease that was lost changes nothing. */
  async release(lease: LaneLease, outcome: { retryInMs: number | null; answer: StudioAnswer | null }): Promise<void> {
    const { retryInMs, answer } = outcome;
    await this.pool.query(
      `UPDATE lanes
          SET lease_owner = NULL, lease_until = NULL,
              attempts = CASE WHEN $3::float8 IS NULL THEN 0 ELSE attempts + 1 END,
              next_at = clock_timestamp() + make_interval(secs => coalesce($3::float8, 0) / 1000),
              last_reason = $4, last_error = $5
        WHERE account_key = $1 AND fence = $2`,
      [lease.accountKey, lease.fence, retryInMs, answer?.reason ?? null, answer?.error ?? null],
    );
  }

  /** Tries made on the lane since it last moved, for its backoff. */
  async attempts(accountKey: string): Promise<number> {
    const { rows } = await this.pool.query<{ attempts: number }>('SELECT attempts FROM lanes WHERE account_key = $1', [
      accountKey,
    ]);
    return rows[0]?.attempts ?? 0;
  }

  /** Oldest open rows of the lane. Parked events have stepped aside; a parked command is here, and holds the lane. */
  async openRows(accountKey: string, limit: number): Promise<LaneRow[]> {
    const { rows } = await this.pool.query<LaneSqlRow>(
      `SELECT id, kind, body, state, attempts,
              coalesce(answer_status = 500 OR (answer_status BETWEEN 400 AND 499
                AND answer_status NOT IN (401, 403, 408, 425, 429)), false) AS is_suspect
         FROM events
        WHERE account_key = $1 AND state IN ('pending', 'parked') AND NOT (state = 'parked' AND kind = 'event')
        ORDER BY lane_seq LIMIT $2`,
      [accountKey, limit],
    );
    return rows.map((row) => ({
      id: Number(row.id),
      kind: row.kind,
      body: row.body,
      state: row.state,
      attempts: row.attempts,
      isSuspect: row.is_suspect,
    }));
  }

  /** Lanes with open rows that are due and nobody works. */
  async dueLanes(limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ account_key: string }>(
      `SELECT l.account_key FROM lanes l
        WHERE l.next_at <= clock_timestamp() AND (l.lease_until IS NULL OR l.lease_until < clock_timestamp())
          AND EXISTS (SELECT FROM events e WHERE e.account_key = l.account_key AND e.state = 'pending')
          AND NOT EXISTS (SELECT FROM events e WHERE e.account_key = l.account_key AND e.state = 'parked' AND e.kind <> 'event')
        ORDER BY l.next_at LIMIT $1`,
      [limit],
    );
    return rows.map((row) => row.account_key);
  }

  /**
   * Proves the lease is still ours and extends it. Runs first in every settling transaction: the lane's lock keeps a
   * successor out until we have written.
   * @throws LeaseLostError
   */
  async holdLease(tx: Tx, lease: LaneLease): Promise<void> {
    const rows = await tx.query(
      `UPDATE lanes SET lease_until = clock_timestamp() + make_interval(secs => $3)
        WHERE account_key = $1 AND fence = $2 RETURNING 1`,
      [lease.accountKey, lease.fence, LEASE_SECONDS],
    );
    if (rows.length === 0) throw new LeaseLostError(`lease of lane ${lease.accountKey} was lost`);
  }

  /** Writes how a try of a row ended. */
  async settleRow(tx: Tx, id: number, state: LaneRowState, answer: StudioAnswer): Promise<void> {
    await tx.query(
      `UPDATE events
          SET state = $2, attempts = attempts + 1, answer_reason = $3, answer_status = $4, answer_code = $5,
              answer = $6, last_error = $7,
              processed_at = CASE WHEN $2 IN ('done', 'refused') THEN clock_timestamp() END,
              settled_no = CASE WHEN $2 IN ('done', 'refused') THEN nextval('events_settled') END,
              receipt_seq = CASE WHEN $2 IN ('done', 'refused') THEN $8::bigint END
        WHERE id = $1 AND state = 'pending'`,
      [
        ...[id, state, answer.reason, answer.status, answer.code, storedBody(answer), answer.error],
        receiptSeq(answer.body?.receipt),
      ],
    );
  }

  /**
   * Remembers how far Studio's ledger and event streams of the account have come (DESIGN 2, Receipts). A receipt of
   * another incarnation changes nothing here: whether that is a setback is found out by comparing. The seal in it came
   * from a memory that may outlive a restore; only seals Studio read for a comparison are kept.
   */
  async keepReceipt(tx: Tx, accountKey: string, stream: 'ledger_seq' | 'event_seq', receipt: unknown): Promise<void> {
    const seq = receiptSeq(receipt);
    if (seq === null || !isRecord(receipt) || typeof receipt.incarnation !== 'string') return;
    await tx.query(
      `UPDATE lanes
          SET incarnation = $2, ${stream} = greatest(coalesce(${stream}, 0), $3)
        WHERE account_key = $1 AND (incarnation IS NULL OR incarnation = $2)`,
      [accountKey, receipt.incarnation, seq],
    );
  }
}

/** Head of the account in a receipt; null for anything else. */
function receiptSeq(receipt: unknown): number | null {
  return isRecord(receipt) && typeof receipt.account_seq === 'number' ? receipt.account_seq : null;
}

function storedBody(answer: StudioAnswer): string | null {
  return answer.body === null ? null : JSON.stringify(answer.body);
}
