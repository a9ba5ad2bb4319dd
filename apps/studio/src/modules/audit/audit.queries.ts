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
/** Lines proved by one statement: well within a request's time limit, however long the trail is. */
const LINES_PER_STEP = 2000;

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

  /**
   * Goes through the whole chain step by step, and answers its end and the lines that do not fit. Lines become visible
   * in the order of the chain, so one written meanwhile is behind the place this has come to.
   * @throws when the signal says that nobody waits for the verdict any more
   */
  async verify(signal?: AbortSignal): Promise<AuditVerdict> {
    let entries = 0;
    let end: ChainEnd | null = null;
    let brokenCount = 0;
    const broken: BrokenAuditEntry[] = [];
    for (;;) {
      signal?.throwIfAborted();
      const step = await this.step(end);
      if (step === undefined || step.day === null) break;
      end = step;
      entries += step.entries;
      brokenCount += step.broken.length;
      broken.push(...step.broken.slice(0, BROKEN_SHOWN_MAX - broken.length));
      if (step.entries < LINES_PER_STEP) break;
    }
    const head = end && { day: end.day, position: Number(end.position), digest: end.digest.toString('hex') };
    return { entries, head, brokenCount, broken };
  }

  private async step(after: ChainEnd | null): Promise<StepSqlRow | undefined> {
    const { rows } = await this.pool.query<StepSqlRow>(STEP_SQL, [
      after?.day ?? '-infinity',
      after?.position ?? 0,
      after?.digest ?? Buffer.alloc(0),
    ]);
    return rows[0];
  }
}

interface ChainEnd {
  readonly day: string;
  readonly position: string;
  readonly digest: Buffer;
}

type StepSqlRow = { readonly entries: number; readonly broken: BrokenAuditEntry[] } & (
  ChainEnd | { readonly day: null }
);

/** The next lines after the one at $1 and $2, whose digest is $3: how many, the last, and those that do not fit. */
const STEP_SQL = `
  WITH lines AS MATERIALIZED (
    SELECT e AS entry, e.* FROM audit_entries e WHERE (e.day, e.position) > ($1::date, $2::bigint)
     ORDER BY e.day, e.position LIMIT ${LINES_PER_STEP}
  ), checked AS (
    SELECT day, position,
           CASE WHEN digest <> audit_digest(entry) THEN 'content changed'
                WHEN previous_digest <> digest_before THEN 'entry before it changed or missing'
                WHEN position <> CASE WHEN day_before = day THEN position_before + 1 ELSE 1 END
                  OR day <> (recorded_at AT TIME ZONE 'UTC')::date THEN 'out of place' END AS fault
      FROM (SELECT l.*, lag(digest, 1, $3::bytea) OVER chain AS digest_before, lag(day, 1, $1::date) OVER chain AS day_before,
                   lag(position, 1, $2::bigint) OVER chain AS position_before
              FROM lines l WINDOW chain AS (ORDER BY day, position)) linked
  )
  SELECT t.entries, t.broken, e.day, e.position, e.digest
    FROM (SELECT count(*)::integer AS entries,
                 coalesce(jsonb_agg(jsonb_build_object('day', day, 'position', position, 'fault', fault) ORDER BY day, position)
                            FILTER (WHERE fault IS NOT NULL), '[]') AS broken
            FROM checked) t
    LEFT JOIN LATERAL (SELECT day::text AS day, position, digest FROM lines ORDER BY lines.day DESC, position DESC LIMIT 1) e ON true`;
