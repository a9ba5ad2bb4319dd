import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { containsPattern } from '../../database/contains-pattern.ts';
import type { Visibility } from '../identity/visibility.ts';
import { toCommission, type CommissionSqlRow } from './commission.store.ts';
import { OPEN_STATES, type Commission, type CommissionState } from './commission.ts';

/** How the reserve of a commission's current acceptance stands, as V1 knows it. */
export interface Funding {
  /** State of the outbox row; null when no hold was asked for. */
  readonly rowState: string | null;
  readonly reason: string | null;
  readonly code: string | null;
}

export interface CommissionWithFunding extends Commission {
  readonly funding: Funding;
}

export interface CommissionTimelineRow {
  readonly event: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly details: Record<string, unknown>;
  readonly createdAt: Date;
}

type WithFundingSqlRow = CommissionSqlRow & {
  row_state: string | null;
  answer_reason: string | null;
  answer_code: string | null;
};

const SELECT = `SELECT c.*, e.state AS row_state, e.answer_reason, e.answer_code
  FROM commissions c LEFT JOIN events e ON e.id = c.reserve_event_id`;

@Injectable()
export class CommissionQueries {
  constructor(private readonly pool: PgPool) {}

  /** Newest first; rows below `before`, one more than `limit` when there is a next page. */
  async list(
    filter: { state: CommissionState | undefined; q: string | undefined; before: number | undefined; limit: number },
    { clientId }: Visibility,
  ): Promise<CommissionWithFunding[]> {
    const { rows } = await this.pool.query<WithFundingSqlRow>(
      `${SELECT}
        WHERE ($1::text IS NULL OR c.state = $1) AND ($2::text IS NULL OR c.title ILIKE $2)
          AND ($3::int IS NULL OR c.id < $3) AND ($4::int IS NULL OR c.client_id = $4)
        ORDER BY c.id DESC LIMIT $5`,
      [filter.state ?? null, containsPattern(filter.q), filter.before ?? null, clientId, filter.limit],
    );
    return rows.map(withFunding);
  }

  /** Null also for a commission the caller may not see. */
  async byId(id: number, { clientId }: Visibility): Promise<CommissionWithFunding | null> {
    const { rows } = await this.pool.query<WithFundingSqlRow>(
      `${SELECT} WHERE c.id = $1 AND ($2::int IS NULL OR c.client_id = $2)`,
      [id, clientId],
    );
    return rows[0] ? withFunding(rows[0]) : null;
  }

  async timeline(commissionId: number): Promise<CommissionTimelineRow[]> {
    const { rows } = await this.pool.query<CommissionTimelineRow>(
      `SELECT event, actor, reason, details, created_at AS "createdAt" FROM commission_timeline
        WHERE commission_id = $1 ORDER BY id`,
      [commissionId],
    );
    return rows;
  }

  /** Commissions staff have to decide on, oldest first. */
  async open(limit: number): Promise<CommissionWithFunding[]> {
    const { rows } = await this.pool.query<WithFundingSqlRow>(
      `${SELECT} WHERE c.state = ANY($1) ORDER BY c.id LIMIT $2`,
      [OPEN_STATES, limit],
    );
    return rows.map(withFunding);
  }

  /** Approvals that were begun longer than `olderThanMs` ago and not finished. */
  async staleIntents(olderThanMs: number): Promise<Commission[]> {
    const { rows } = await this.pool.query<CommissionSqlRow>(
      `SELECT * FROM commissions
        WHERE state = 'APPROVING' AND intent_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)
        ORDER BY intent_at LIMIT 100`,
      [olderThanMs],
    );
    return rows.map(toCommission);
  }
}

function withFunding(row: WithFundingSqlRow): CommissionWithFunding {
  return {
    ...toCommission(row),
    funding: { rowState: row.row_state, reason: row.answer_reason, code: row.answer_code },
  };
}
