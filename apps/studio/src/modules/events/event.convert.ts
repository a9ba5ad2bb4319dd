import type { BillingEventOutcome, BillingEventRow } from '@tandem/contracts';
import type { EventOutcome } from './event-outcome.ts';
import type { IngestedEventSqlRow, IntakeItem } from './event.store.ts';

/** What was sent and its database row to wire row. The id of the account is shown once somebody enrolled it. */
export function toBillingEventRow(item: IntakeItem, row: IngestedEventSqlRow): BillingEventRow {
  return {
    id: row.event_id,
    source_system: item.source_system === 'v1' ? 'V1' : 'V2',
    event_type: item.event_type,
    account_id: row.is_enrolled ? item.account_id : null,
    external_account_key: item.external_key,
    payload_json: row.payload,
    idempotency_key: item.idempotency_key,
    occurred_at: item.occurred_at,
    created_at: row.received_at,
    receipt: { incarnation: row.incarnation, account_seq: Number(row.event_seq), last_seal: null },
  };
}

/** Outcome of one item of an array, with the status it would have had alone. */
export function toBillingEventOutcome(outcome: EventOutcome): BillingEventOutcome {
  switch (outcome.kind) {
    case 'stored':
      return { status: 201, event: outcome.event };
    case 'replayed':
      return { status: 200, event: outcome.event };
    case 'refused':
      return { status: outcome.refusal.status, code: outcome.refusal.code, detail: outcome.refusal.message };
  }
}
