import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import type { OperatorActSqlRow } from './operator-act.ts';
import type { ApprovalStatus } from './approval.dto.ts';

/** Every column of a stored act that code reads. */
export const ACT_COLUMNS = `
  a.account_id, a.act_id, a.operation, a.idempotency_key, a.request_digest, a.external_key, a.command, a.amount_micro,
  a.reason, a.needs_approval, a.state, a.actor_id, a.actor, a.actor_role, a.request_id, a.counted_on::text AS counted_on,
  a.requested_at, a.expires_at, a.approver_id, a.approver, a.decided_at, a.decision_reason, a.closed_at, a.outcome,
  a.state = 'PENDING' AND a.expires_at <= clock_timestamp() AS is_overdue`;

/** Status as people see it. A request past its time reads as EXPIRED before the job writes it. */
const STATUS = `
  CASE a.state WHEN 'OPEN' THEN 'APPROVED' WHEN 'DONE' THEN 'EXECUTED'
               WHEN 'PENDING' THEN CASE WHEN a.expires_at <= clock_timestamp() THEN 'EXPIRED' ELSE 'PENDING' END
               ELSE a.state END`;

/** An act that needs a second person, with its status. */
export type ApprovalSqlRow = OperatorActSqlRow & { readonly status: ApprovalStatus };

/** Reads acts that wait for a second person, or did. */
@Injectable()
export class OperatorActsQueries {
  constructor(private readonly pool: PgPool) {}

  /** Newest first, below `before`: ids are made in the order of time. */
  async approvals(
    filter: { readonly status?: ApprovalStatus | undefined; readonly externalKey?: string | undefined },
    limit: number,
    before: string | undefined,
  ): Promise<ApprovalSqlRow[]> {
    const { rows } = await this.pool.query<ApprovalSqlRow>(
      `SELECT ${ACT_COLUMNS}, ${STATUS} AS status FROM operator_acts a
        WHERE a.needs_approval AND ($1::text IS NULL OR ${STATUS} = $1) AND ($2::text IS NULL OR a.external_key = $2)
          AND ($3::uuid IS NULL OR a.act_id < $3)
        ORDER BY a.act_id DESC LIMIT $4`,
      [filter.status ?? null, filter.externalKey ?? null, before ?? null, limit],
    );
    return rows;
  }

  async approval(actId: string): Promise<ApprovalSqlRow | undefined> {
    const { rows } = await this.pool.query<ApprovalSqlRow>(
      `SELECT ${ACT_COLUMNS}, ${STATUS} AS status FROM operator_acts a WHERE a.needs_approval AND a.act_id = $1`,
      [actId],
    );
    return rows[0];
  }
}
