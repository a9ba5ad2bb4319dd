import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Event intake in one round trip: any number of events of any accounts, all or none, with one outcome per item.
 *
 * Locks: accounts in sorted order, first as inserts, then as row locks. Two intakes with crossed accounts therefore wait
 * for each other and never deadlock. Only `accounts` is locked, so the ledger's writers are never in the way.
 */
export class CreateIngestBillingEvents1763700000350 implements MigrationInterface {
  readonly name = 'CreateIngestBillingEvents1763700000350';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(String.raw`
      CREATE FUNCTION ingest_billing_events(items jsonb)
      RETURNS TABLE (
        item integer, outcome text, event_id uuid, event_seq bigint, account_id uuid, external_key text,
        is_enrolled boolean, source_system text, event_type text, idempotency_key text, payload jsonb,
        occurred_at timestamptz, received_at timestamptz, incarnation uuid
      )
      -- Plans are kept: one made while the tables were small would go on reading them whole.
      LANGUAGE plpgsql SET enable_seqscan = off AS $body$
      #variable_conflict use_column
      DECLARE
        account_ids uuid[];
      BEGIN
        -- Events may come before anybody enrols their account: a row without a wallet collects them.
        INSERT INTO accounts (account_id, external_key)
        SELECT DISTINCT i.account_id, i.external_key
          FROM jsonb_to_recordset(items) AS i(account_id uuid, external_key text)
         WHERE i.external_key IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.account_id = i.account_id)
         ORDER BY 1
        ON CONFLICT DO NOTHING;

        SELECT array_agg(DISTINCT i.account_id) INTO account_ids
          FROM jsonb_to_recordset(items) AS i(account_id uuid);

        PERFORM 1 FROM accounts a WHERE a.account_id = ANY(account_ids) ORDER BY a.account_id FOR NO KEY UPDATE;

        -- A statement of its own: it must see what the transactions it waited for have written.
        WITH incoming AS (
          SELECT i.*, row_number() OVER (PARTITION BY i.account_id, i.source_system, i.idempotency_key ORDER BY i.item) AS repeat
            FROM jsonb_to_recordset(items) AS i(
              item integer, account_id uuid, event_id uuid, source_system text, event_type text, idempotency_key text,
              digest text, client text, payload jsonb, occurred_at timestamptz)
        ), fresh AS (
          SELECT n.*, a.event_seq + row_number() OVER (PARTITION BY n.account_id ORDER BY n.item) AS next_seq,
                 -- Never backwards within an account, whatever the clock does: pages rely on it.
                 greatest(clock_timestamp(), a.last_event_at) AS now
            FROM incoming n JOIN accounts a USING (account_id)
           WHERE n.repeat = 1
             AND NOT EXISTS (
               SELECT 1 FROM billing_events e
                WHERE e.account_id = n.account_id AND e.source_system = n.source_system
                  AND e.idempotency_key = n.idempotency_key)
        ), stored AS (
          INSERT INTO billing_events (account_id, event_seq, event_id, source_system, event_type, idempotency_key,
                                      request_digest, client, payload, occurred_at, received_at)
          SELECT f.account_id, f.next_seq, f.event_id, f.source_system, f.event_type, f.idempotency_key,
                 decode(f.digest, 'hex'), f.client, f.payload, f.occurred_at, max(f.now) OVER (PARTITION BY f.account_id)
            FROM fresh f
           ORDER BY f.account_id, f.next_seq
          RETURNING account_id, event_seq, received_at
        )
        UPDATE accounts a
           SET event_seq = s.head, last_event_at = s.head_at
          FROM (SELECT account_id, max(event_seq) AS head, max(received_at) AS head_at FROM stored GROUP BY account_id) s
         WHERE a.account_id = s.account_id;

        RETURN QUERY
        SELECT i.item,
               CASE WHEN e.event_id = i.event_id THEN 'stored'
                    WHEN e.request_digest = decode(i.digest, 'hex') THEN 'replayed'
                    ELSE 'reused' END,
               e.event_id, e.event_seq, e.account_id, a.external_key, w.account_id IS NOT NULL, e.source_system,
               e.event_type, e.idempotency_key, e.payload, e.occurred_at, e.received_at,
               (SELECT l.incarnation FROM ledger_incarnation l)
          FROM jsonb_to_recordset(items) AS i(
                 item integer, account_id uuid, event_id uuid, source_system text, idempotency_key text, digest text)
          JOIN billing_events e
            ON e.account_id = i.account_id AND e.source_system = i.source_system AND e.idempotency_key = i.idempotency_key
          JOIN accounts a ON a.account_id = e.account_id
          LEFT JOIN wallets w ON w.account_id = e.account_id
         ORDER BY i.item;
      END $body$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION ingest_billing_events(jsonb)');
  }
}
