import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import type { AuditPhase, AuditSqlRow } from './audit-entry.ts';

/** Which lines a reader wants; absent: all. Times are ISO 8601; `until` is not included. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly act?: string | undefined;
  readonly phase?: AuditPhase | undefined;
  readonly target?: string | undefined;
  readonly actId?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

/** Where the chain ends. Noted outside the database, it shows a tail that was cut off. */
export interface AuditHead {
  readonly day: string;
  readonly position: number;
  readonly digest: string;
}

/** A line that does not fit into the chain. */
export interface BrokenAuditEntry {
  readonly day: string;
  readonly position: number;
  readonly fault: 'content changed' | 'entry before it changed or missing' | 'out of place';
}

/** Broken lines shown; the count says how many there are. */
const BROKEN_SHOWN_MAX = 20;

/** Reads the trail, and proves it. */
@Injectable()
export class AuditQueries {
  constructor(private readonly pool: PgPool) {}

  /** Newest first, below the line with id `before`. */
  async page(filter: AuditFilter, limit: number, before: string | undefined): Promise<AuditSqlRow[]> {
    const { rows } = await this.pool.query<AuditSqlRow>(
      `SELECT day::text AS day, position, entry_id, recorded_at, act, phase, act_id, actor, actor_role, target, reason, code,
              request_id, request_digest, before, after, digest
         FROM audit_entries
        WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR act = $2) AND ($3::text IS NULL OR phase = $3)
          AND ($4::text IS NULL OR target = $4) AND ($5::uuid IS NULL OR act_id = $5)
          AND ($6::timestamptz IS NULL OR recorded_at >= $6) AND ($7::timestamptz IS NULL OR recorded_at < $7)
          AND ($8::uuid IS NULL OR (day, position) < (SELECT b.day, b.position FROM audit_entries b WHERE b.entry_id = $8))
        ORDER BY audit_entries.day DESC, position DESC
        LIMIT $9`,
      [
        filter.actor ?? null,
        filter.act ?? null,
        filter.phase ?? null,
        filter.target ?? null,
        filter.actId ?? null,
        filter.from ?? null,
        filter.until ?? null,
        before ?? null,
        limit,
      ],
    );
    return rows;
  }

  /** Goes through the whole chain, and answers its end and the lines that do not fit. */
  async verify(): Promise<{
    entries: number;
    head: AuditHead | null;
    brokenCount: number;
    broken: BrokenAuditEntry[];
  }> {
    const { rows } = await this.pool.query<{
      day: string;
      position: string;
      fault: BrokenAuditEntry['fault'];
      broken_count: string;
    }>(
      `SELECT day::text AS day, position, fault, count(*) OVER () AS broken_count
         FROM (SELECT day, position,
                      CASE WHEN digest <> audit_digest(entry) THEN 'content changed'
                           WHEN previous_digest <> coalesce(digest_before, ''::bytea) THEN 'entry before it changed or missing'
                           WHEN position <> CASE WHEN day_before = day THEN position_before + 1 ELSE 1 END
                             OR day <> (recorded_at AT TIME ZONE 'UTC')::date THEN 'out of place' END AS fault
                 FROM (SELECT e AS entry, e.*, lag(digest) OVER chain AS digest_before, lag(day) OVER chain AS day_before,
                              lag(position) OVER chain AS position_before
                         FROM audit_entries e WINDOW chain AS (ORDER BY day, position)) linked) checked
        WHERE fault IS NOT NULL ORDER BY day, position LIMIT ${BROKEN_SHOWN_MAX}`,
    );
    const { rows: ends } = await this.pool.query<{ entries: string; day: string; position: string; digest: Buffer }>(
      `SELECT (SELECT count(*) FROM audit_entries) AS entries, day::text AS day, position, digest
         FROM audit_entries ORDER BY audit_entries.day DESC, position DESC LIMIT 1`,
    );
    const [end] = ends;
    return {
      entries: Number(end?.entries ?? 0),
      head: end ? { day: end.day, position: Number(end.position), digest: end.digest.toString('hex') } : null,
      brokenCount: Number(rows[0]?.broken_count ?? 0),
      broken: rows.map(({ day, position, fault }) => ({ day, position: Number(position), fault })),
    };
  }
}
