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

/** What a look at the whole chain found. */
export interface AuditVerdict {
  readonly entries: number;
  readonly head: AuditHead | null;
  readonly brokenCount: number;
  readonly broken: readonly BrokenAuditEntry[];
}

/** Broken lines shown; the count says how many there are. */
const BROKEN_SHOWN_MAX = 20;
/** The whole table is read: longer than a request's statements may take, and still bounded. */
const VERIFY_SECONDS = 60;

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

  /** Goes through the whole chain in one snapshot, and answers its end and the lines that do not fit. */
  async verify(): Promise<AuditVerdict> {
    const client = await this.pool.connect();
    let failure: unknown;
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await client.query(`SET LOCAL statement_timeout = '${VERIFY_SECONDS}s'`);
      const { rows: broken } = await client.query<BrokenSqlRow>(BROKEN_SQL);
      const { rows: ends } = await client.query<HeadSqlRow>(HEAD_SQL);
      await client.query('COMMIT');
      return toVerdict(broken, ends[0]);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      // After a failure the session is in an unknown state: it is closed, not given back.
      client.release(failure !== undefined);
    }
  }
}

interface BrokenSqlRow {
  readonly day: string;
  readonly position: string;
  readonly fault: BrokenAuditEntry['fault'];
  readonly broken_count: string;
}

interface HeadSqlRow {
  readonly entries: string;
  readonly day: string;
  readonly position: string;
  readonly digest: Buffer;
}

const BROKEN_SQL = `
  SELECT day::text AS day, position, fault, count(*) OVER () AS broken_count
    FROM (SELECT day, position,
                 CASE WHEN digest <> audit_digest(entry) THEN 'content changed'
                      WHEN previous_digest <> coalesce(digest_before, ''::bytea) THEN 'entry before it changed or missing'
                      WHEN position <> CASE WHEN day_before = day THEN position_before + 1 ELSE 1 END
                        OR day <> (recorded_at AT TIME ZONE 'UTC')::date THEN 'out of place' END AS fault
            FROM (SELECT e AS entry, e.*, lag(digest) OVER chain AS digest_before, lag(day) OVER chain AS day_before,
                         lag(position) OVER chain AS position_before
                    FROM audit_entries e WINDOW chain AS (ORDER BY day, position)) linked) checked
   WHERE fault IS NOT NULL ORDER BY checked.day, position LIMIT ${BROKEN_SHOWN_MAX}`;

const HEAD_SQL = `
  SELECT (SELECT count(*) FROM audit_entries) AS entries, day::text AS day, position, digest
    FROM audit_entries ORDER BY audit_entries.day DESC, position DESC LIMIT 1`;

function toVerdict(broken: readonly BrokenSqlRow[], end: HeadSqlRow | undefined): AuditVerdict {
  return {
    entries: Number(end?.entries ?? 0),
    head: end ? { day: end.day, position: Number(end.position), digest: end.digest.toString('hex') } : null,
    brokenCount: Number(broken[0]?.broken_count ?? 0),
    broken: broken.map(({ day, position, fault }) => ({ day, position: Number(position), fault })),
  };
}
