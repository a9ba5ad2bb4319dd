import { Injectable } from '@nestjs/common';
import type { TimelineSource } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';

/** One row of the union, before it gets its wire names. */
export interface TimelineSqlRow {
  readonly source: TimelineSource;
  readonly id: string;
  readonly account_id: string;
  readonly tenant_id: string | null;
  readonly event_type: string;
  readonly ref_type: string | null;
  readonly ref_id: string | null;
  readonly amount_micro: string | null;
  readonly idempotency_key: string | null;
  readonly payload: Record<string, unknown>;
  readonly occurred_at: Date;
  readonly received_at: Date;
  /** `received_at` in whole microseconds: a Date would cut it to milliseconds. */
  readonly position_time: string;
  /** Position in the ledger or the event stream; null for the other sources. */
  readonly position_seq: string | null;
}

/**
 * Where a reader of the timeline stands: time of the last row seen, and in each source the last row seen of it. With a
 * position per source every row comes exactly once, also among rows of one time, and each source is read by its own
 * index without one more on the hot tables.
 */
export interface TimelinePosition {
  readonly time: string;
  readonly ledgerSeq: string | null;
  readonly eventSeq: string | null;
  readonly outcomeTime: string | null;
  readonly outcomeId: string | null;
  readonly changeTime: string | null;
  readonly changeId: string | null;
  readonly alertTime: string | null;
  readonly alertId: string | null;
}

// Within an account, ledger and event times never run backwards along their positions: so the newest by position are
// the newest by time, and a merge of the four heads is the head of the merge.
const TIMELINE_SQL = `
  SELECT u.*, a.tenant_id, (extract(epoch FROM u.received_at) * 1000000)::bigint AS position_time
    FROM (
      (SELECT 1 AS rank, 'CREDITS_LEDGER' AS source, entry_id AS id, account_id, kind AS event_type, ref_type, ref_id,
              CASE WHEN balance_delta_micro <> 0 THEN balance_delta_micro ELSE -reserved_delta_micro END AS amount_micro,
              idempotency_key,
              jsonb_build_object('reservation_id', reservation_id, 'acceptance', acceptance, 'client', client,
                                 'actor', actor, 'reason', reason) AS payload,
              effective_at AS occurred_at, created_at AS received_at, seq AS position_seq
         FROM ledger
        WHERE account_id = $1 AND seq < coalesce($4::bigint, 9223372036854775807)
          AND created_at <= coalesce(timestamptz 'epoch' + $3::bigint * interval '1 microsecond', 'infinity')
        ORDER BY seq DESC LIMIT $2)
      UNION ALL
      (SELECT 2, CASE source_system WHEN 'v1' THEN 'USAGE_V1' ELSE 'USAGE_V2' END, event_id, account_id, event_type,
              NULL, NULL, NULL, idempotency_key, payload, coalesce(occurred_at, received_at), received_at, event_seq
         FROM billing_events
        WHERE account_id = $1 AND event_seq < coalesce($5::bigint, 9223372036854775807)
          AND received_at <= coalesce(timestamptz 'epoch' + $3::bigint * interval '1 microsecond', 'infinity')
        ORDER BY event_seq DESC LIMIT $2)
      UNION ALL
      (SELECT 3, 'CREDITS_DECISION', outcome_id, account_id, upper(operation) || '_' || outcome, ref_type, ref_id,
              amount_micro, idempotency_key,
              jsonb_build_object('code', code, 'details', details, 'acceptance', acceptance, 'client', client,
                                 'actor', actor, 'reason', reason),
              created_at, created_at, NULL
         FROM unposted_outcomes
        WHERE account_id = $1 AND account_seq >= 0 AND created_at <= coalesce(timestamptz 'epoch' + $3::bigint * interval '1 microsecond', 'infinity')
          AND ($6::bigint IS NULL OR (created_at, outcome_id) < (timestamptz 'epoch' + $6 * interval '1 microsecond', $7::uuid))
        ORDER BY created_at DESC, outcome_id DESC LIMIT $2)
      UNION ALL
      (SELECT 4, 'ACCOUNT_POLICY', change_id, account_id,
              CASE kind WHEN 'ENROLLED' THEN 'account_enrolled'
                        WHEN 'MODE_CHANGED' THEN
                          CASE after->>'billing_mode' WHEN 'CREDIT' THEN 'credit_mode_enabled' ELSE 'credit_mode_disabled' END
                        WHEN 'PAYMENT_TERMS_CHANGED' THEN 'payment_terms_changed'
                        ELSE 'account_' || lower(kind) END,
              NULL, NULL, NULL, NULL,
              jsonb_build_object('before', before, 'after', after, 'actor', actor, 'reason', reason),
              created_at, created_at, NULL
         FROM account_changes
        WHERE account_id = $1 AND created_at <= coalesce(timestamptz 'epoch' + $3::bigint * interval '1 microsecond', 'infinity')
          AND ($8::bigint IS NULL OR (created_at, change_id) < (timestamptz 'epoch' + $8 * interval '1 microsecond', $9::uuid))
        ORDER BY created_at DESC, change_id DESC LIMIT $2)
      UNION ALL
      (SELECT 5, 'BALANCE_ALERT', alert_id, account_id, kind, NULL, NULL, NULL, NULL,
              jsonb_build_object('threshold', trim_scale(threshold_micro / 1000000.0), 'available', trim_scale(available_micro / 1000000.0),
                                 'ledger_seq', ledger_seq),
              crossed_at, created_at, NULL
         FROM balance_alerts
        WHERE account_id = $1 AND created_at <= coalesce(timestamptz 'epoch' + $3::bigint * interval '1 microsecond', 'infinity')
          AND ($10::bigint IS NULL OR (created_at, alert_id) < (timestamptz 'epoch' + $10 * interval '1 microsecond', $11::uuid))
        ORDER BY created_at DESC, alert_id DESC LIMIT $2)
    ) u
    JOIN accounts a USING (account_id)
   ORDER BY u.received_at DESC, u.rank, u.position_seq DESC, u.id DESC
   LIMIT $2`;

/** The read model of everything that happened to an account. Nothing is written for it. */
@Injectable()
export class TimelineQueries {
  constructor(private readonly pool: PgPool) {}

  /** Newest first, below `before`. */
  async page(accountId: string, limit: number, before?: TimelinePosition): Promise<TimelineSqlRow[]> {
    const { rows } = await this.pool.query<TimelineSqlRow>({
      name: 'account-timeline',
      text: TIMELINE_SQL,
      values: [
        accountId,
        limit,
        before?.time ?? null,
        before?.ledgerSeq ?? null,
        before?.eventSeq ?? null,
        before?.outcomeTime ?? null,
        before?.outcomeId ?? null,
        before?.changeTime ?? null,
        before?.changeId ?? null,
        before?.alertTime ?? null,
        before?.alertId ?? null,
      ],
    });
    return rows;
  }
}
