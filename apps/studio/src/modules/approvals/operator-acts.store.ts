import { Injectable } from '@nestjs/common';
import type { Credits } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { newId } from '@tandem/platform/ids';
import type { Operator } from '../../http/current-operator.ts';
import {
  digestOfAct,
  toStoredFields,
  type ActOutcome,
  type OperatorAct,
  type OperatorActSqlRow,
} from './operator-act.ts';
import { ACT_COLUMNS } from './operator-acts.queries.ts';

/** All SQL that writes operators' acts and what counts for their day. */
@Injectable()
export class OperatorActsStore {
  constructor(private readonly pool: PgPool) {}

  /** Writes a new act, or nothing when its key is taken. */
  async insert(
    tx: Tx,
    requester: Operator,
    act: OperatorAct,
    approval: { readonly needed: boolean; readonly hours: number },
  ): Promise<OperatorActSqlRow | undefined> {
    const [row] = await tx.query<OperatorActSqlRow>(
      `INSERT INTO operator_acts AS a (account_id, act_id, operation, idempotency_key, request_digest, external_key,
         command, amount_micro, reason, needs_approval, state, actor_id, actor, actor_role, request_id, opened_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $10 THEN 'PENDING' ELSE 'OPEN' END, $11, $12, $13, $15,
               CASE WHEN NOT $10 THEN clock_timestamp() END,
               CASE WHEN $10 THEN clock_timestamp() + make_interval(hours => $14) END)
       ON CONFLICT ON CONSTRAINT operator_acts_one_per_key DO NOTHING
       RETURNING ${ACT_COLUMNS}`,
      [
        act.accountId,
        newId(),
        act.operation,
        act.idempotencyKey,
        digestOfAct(act),
        act.externalKey,
        JSON.stringify(toStoredFields(act.fields)),
        act.weight?.toString() ?? null,
        act.reason,
        approval.needed,
        requester.id,
        requester.email,
        requester.role,
        approval.hours,
        requester.requestId,
      ],
    );
    return row;
  }

  /** Locks the act that has a key. */
  async lockByKey(tx: Tx, act: OperatorAct): Promise<OperatorActSqlRow | undefined> {
    const [row] = await tx.query<OperatorActSqlRow>(
      `SELECT ${ACT_COLUMNS} FROM operator_acts a
        WHERE account_id = $1 AND operation = $2 AND idempotency_key = $3 FOR NO KEY UPDATE`,
      [act.accountId, act.operation, act.idempotencyKey],
    );
    return row;
  }

  /** Locks an act by its id. */
  async lock(tx: Tx, actId: string): Promise<OperatorActSqlRow | undefined> {
    const [row] = await tx.query<OperatorActSqlRow>(
      `SELECT ${ACT_COLUMNS} FROM operator_acts a WHERE act_id = $1 FOR NO KEY UPDATE`,
      [actId],
    );
    return row;
  }

  /** Opens a closed act again: nothing came of it, and whoever tries the same once more is the one who does it. */
  async reopen(tx: Tx, requester: Operator, act: OperatorActSqlRow): Promise<OperatorActSqlRow> {
    const [row] = await tx.query<OperatorActSqlRow>(
      `UPDATE operator_acts a SET state = 'OPEN', actor_id = $3, actor = $4, actor_role = $5, request_id = $6,
              closed_at = NULL, outcome = NULL, opened_at = clock_timestamp()
        WHERE account_id = $1 AND act_id = $2 RETURNING ${ACT_COLUMNS}`,
      [act.account_id, act.act_id, requester.id, requester.email, requester.role, requester.requestId],
    );
    if (!row) throw new Error(`act ${act.act_id} vanished while it was locked`);
    return row;
  }

  /** Writes a second person's decision. The caller holds the lock and has seen PENDING. */
  async decide(
    tx: Tx,
    act: OperatorActSqlRow,
    decision: { readonly state: 'OPEN' | 'REJECTED'; readonly approver: Operator; readonly reason: string },
  ): Promise<OperatorActSqlRow> {
    const [row] = await tx.query<OperatorActSqlRow>(
      `UPDATE operator_acts a SET state = $3, approver_id = $4, approver = $5, decision_reason = $6,
              decided_at = clock_timestamp(), opened_at = CASE WHEN $3 = 'OPEN' THEN clock_timestamp() END,
              closed_at = CASE WHEN $3 = 'REJECTED' THEN clock_timestamp() END
        WHERE account_id = $1 AND act_id = $2 RETURNING ${ACT_COLUMNS}`,
      [act.account_id, act.act_id, decision.state, decision.approver.id, decision.approver.email, decision.reason],
    );
    if (!row) throw new Error(`act ${act.act_id} vanished while it was locked`);
    return row;
  }

  /** Writes what became of an act. The caller holds its lock. */
  async close(
    tx: Tx,
    act: OperatorActSqlRow,
    state: 'DONE' | 'REFUSED' | 'NOT_DONE' | 'EXPIRED',
    outcome: ActOutcome | null,
  ): Promise<void> {
    await tx.query(
      `UPDATE operator_acts SET state = $3, outcome = $4, closed_at = clock_timestamp()
        WHERE account_id = $1 AND act_id = $2`,
      [act.account_id, act.act_id, state, outcome === null ? null : JSON.stringify(outcome)],
    );
  }

  /**
   * Counts credits for a person's day, and remembers it on the act. Acts at once wait for each other on the day's row.
   * False: the limit would be passed, and nothing was counted.
   */
  async count(tx: Tx, act: OperatorActSqlRow, actorId: number, limit: Credits | null): Promise<boolean> {
    const counted = await tx.execute(
      `WITH counted AS (
         INSERT INTO operator_daily_credits AS d (actor_id, day, used_micro)
         SELECT $3, (clock_timestamp() AT TIME ZONE 'UTC')::date, $4 WHERE $5::bigint IS NULL OR $4::bigint <= $5
         ON CONFLICT (actor_id, day) DO UPDATE SET used_micro = d.used_micro + excluded.used_micro
           WHERE $5::bigint IS NULL OR d.used_micro + excluded.used_micro <= $5
         RETURNING day)
       UPDATE operator_acts a SET counted_on = counted.day FROM counted WHERE account_id = $1 AND act_id = $2`,
      [act.account_id, act.act_id, actorId, act.amount_micro, limit?.toString() ?? null],
    );
    return counted > 0;
  }

  /** Takes back what an act counted for its day: nothing came of it. */
  async uncount(tx: Tx, act: OperatorActSqlRow): Promise<void> {
    await tx.query(
      'UPDATE operator_daily_credits SET used_micro = used_micro - $3 WHERE actor_id = $1 AND day = $2::date',
      [act.actor_id, act.counted_on, act.amount_micro],
    );
    await tx.query('UPDATE operator_acts SET counted_on = NULL WHERE account_id = $1 AND act_id = $2', [
      act.account_id,
      act.act_id,
    ]);
  }

  /** Acts somebody must finish: requests whose time is over, and acts that have been open for longer than they take. */
  async unfinished(openForSeconds: number): Promise<OperatorActSqlRow[]> {
    const { rows } = await this.pool.query<OperatorActSqlRow>(
      `SELECT ${ACT_COLUMNS} FROM operator_acts a
        WHERE state IN ('PENDING', 'OPEN')
          AND CASE state WHEN 'PENDING' THEN expires_at <= clock_timestamp()
                         ELSE opened_at <= clock_timestamp() - make_interval(secs => $1) END
        ORDER BY requested_at LIMIT 100`,
      [openForSeconds],
    );
    return rows;
  }
}
