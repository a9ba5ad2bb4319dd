import { Injectable } from '@nestjs/common';
import { toBarePgArray, toPgArray, type ArrayElement } from '@tandem/platform/database/pg-array';
import { PgPool } from '@tandem/platform/database/pool';

/** One checked event in the form `ingest_billing_events` reads. */
export interface IntakeItem {
  /** The id its row gets, unless the event was stored before. */
  readonly event_id: string;
  readonly account_id: string;
  readonly external_key: string;
  readonly source_system: 'v1' | 'v2';
  readonly event_type: string;
  readonly idempotency_key: string;
  readonly digest: string;
  readonly payload: Record<string, unknown>;
  /** ISO 8601 in UTC with milliseconds. */
  readonly occurred_at: string | null;
}

/** What `ingest_billing_events` answers per item. What is not here is as it was sent: the digest covers it. */
export interface IngestedEventSqlRow {
  /** The `event_id` of the item. */
  readonly sent_id: string;
  readonly outcome: 'stored' | 'replayed' | 'reused';
  /** The stored event, with its payload the way the database spells it. */
  readonly event_id: string;
  readonly event_seq: string;
  readonly is_enrolled: boolean;
  readonly payload: Record<string, unknown>;
  /** ISO 8601 in UTC with milliseconds. */
  readonly received_at: string;
  readonly incarnation: string;
}

const TEXT = 'SELECT * FROM ingest_billing_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)';

/** Writes the inbox. */
@Injectable()
export class EventStore {
  constructor(private readonly pool: PgPool) {}

  /** Stores what is not stored yet: all of it or none, in one transaction. One row per item, in any order. */
  async ingest(client: string, items: readonly IntakeItem[]): Promise<IngestedEventSqlRow[]> {
    const keys = new Map(items.map((item) => [item.account_id, item.external_key]));
    // Locks are taken in this order, whoever asks.
    const accountIds = [...keys.keys()].sort();
    const places = new Map(accountIds.map((id, index) => [id, index + 1]));
    const texts = (read: (item: IntakeItem) => ArrayElement): string => toPgArray(items.map(read));
    const bare = (read: (item: IntakeItem) => string | number): string => toBarePgArray(items.map(read));
    const { rows } = await this.pool.query<IngestedEventSqlRow>({
      name: 'ingest-billing-events',
      text: TEXT,
      values: [
        toBarePgArray(accountIds),
        toPgArray(accountIds.map((id) => keys.get(id))),
        client,
        bare((item) => places.get(item.account_id) ?? 0),
        bare((item) => item.event_id),
        texts((item) => item.source_system),
        texts((item) => item.event_type),
        texts((item) => item.idempotency_key),
        bare((item) => item.digest),
        texts((item) => JSON.stringify(item.payload)),
        texts((item) => item.occurred_at),
      ],
    });
    return rows;
  }
}
