import type { BillingEventOutcome, BillingEventRow } from '@tandem/contracts';
import type { EventOutcome } from './event-outcome.ts';

/** What `ingest_billing_events` answers per item. */
export interface IngestedEventSqlRow {
  readonly item: number;
  readonly outcome: 'stored' | 'replayed' | 'reused';
  readonly event_id: string;
  readonly event_seq: string;
  readonly account_id: string;
  readonly external_key: string;
  readonly is_enrolled: boolean;
  readonly source_system: 'v1' | 'v2';
  readonly event_type: string;
  readonly idempotency_key: string;
  readonly payload: Record<string, unknown>;
  readonly occurred_at: Date | null;
  readonly received_at: Date;
  readonly incarnation: string;
}

/** Database row to wire row. The id of the account is shown once somebody enrolled it. */
export function toBillingEventRow(row: IngestedEventSqlRow): BillingEventRow {
  return {
    id: row.event_id,
    source_system: row.source_system === 'v1' ? 'V1' : 'V2',
    event_type: row.event_type,
    account_id: row.is_enrolled ? row.account_id : null,
    external_account_key: row.external_key,
    payload_json: row.payload,
    idempotency_key: row.idempotency_key,
    occurred_at: row.occurred_at?.toISOString() ?? null,
    created_at: row.received_at.toISOString(),
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
