import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import type { StudioAnswer } from './studio-answer.ts';

export type LaneRowKind = 'event' | 'reserve' | 'consume' | 'release';
export type LaneRowState = 'pending' | 'done' | 'refused' | 'parked' | 'skipped';

/** How an outbox row stands, and the last answer Studio gave it. */
export interface LaneRowOutcome {
  readonly state: LaneRowState;
  readonly answer: StudioAnswer | null;
}

interface OutcomeSqlRow {
  state: LaneRowState;
  answer_reason: StudioAnswer['reason'] | null;
  answer_status: number | null;
  answer_code: string | null;
  answer: Record<string, unknown> | null;
  last_error: string | null;
}

const SELECT_OUTCOME = `SELECT state, answer_reason, answer_status, answer_code, answer, last_error FROM events WHERE id = $1`;

/** Outcomes of outbox rows, for the steps that wait for them. */
@Injectable()
export class LaneRowQueries {
  constructor(private readonly pool: PgPool) {}

  async outcome(id: number): Promise<LaneRowOutcome> {
    const { rows } = await this.pool.query<OutcomeSqlRow>(SELECT_OUTCOME, [id]);
    return toOutcome(id, rows[0]);
  }

  /**
   * Same, under the lane's lock, so that a relay settling the row at this moment is waited for. The lane is locked, not
   * the row: relays lock lanes first too, and two orders would be a deadlock.
   */
  async lockedOutcome(tx: Tx, accountKey: string, id: number): Promise<LaneRowOutcome> {
    await tx.query('SELECT FROM lanes WHERE account_key = $1 FOR UPDATE', [accountKey]);
    const rows = await tx.query<OutcomeSqlRow>(SELECT_OUTCOME, [id]);
    return toOutcome(id, rows[0]);
  }
}

function toOutcome(id: number, row: OutcomeSqlRow | undefined): LaneRowOutcome {
  if (!row) throw new Error(`outbox row ${id} does not exist`);
  if (row.answer_reason === null) return { state: row.state, answer: null };
  return {
    state: row.state,
    answer: {
      reason: row.answer_reason,
      action: row.state === 'done' || row.state === 'refused' ? row.state : 'retry',
      status: row.answer_status,
      code: row.answer_code,
      body: row.answer,
      error: row.last_error,
      retryAfterMs: null,
      replayed: false,
    },
  };
}
