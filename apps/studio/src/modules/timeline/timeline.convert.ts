import { creditsToNumber, fromMicroCredits, type TimelineRow } from '@tandem/contracts';
import type { TimelineSqlRow } from './timeline.queries.ts';

/** Database row to wire row. */
export function toTimelineRow(row: TimelineSqlRow): TimelineRow {
  const receivedAt = row.received_at.toISOString();
  return {
    id: row.id,
    timestamp: receivedAt,
    occurred_at: row.occurred_at.toISOString(),
    received_at: receivedAt,
    source: row.source,
    account_id: row.account_id,
    tenant_id: row.tenant_id,
    event_type: row.event_type,
    ref_type: row.ref_type,
    ref_id: row.ref_id,
    amount: row.amount_micro === null ? null : creditsToNumber(fromMicroCredits(row.amount_micro)),
    idempotency_key: row.idempotency_key,
    payload_json: row.payload,
  };
}
