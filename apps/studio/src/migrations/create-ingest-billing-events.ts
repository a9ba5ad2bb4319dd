import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Event intake in one round trip: any number of events of any accounts, all or none, with one outcome per item.
 *
 * Accounts come sorted by id and each once; `accounts` says by its place which of them an event is about. Locks: accounts
 * in that order, first as inserts, then as row locks. Two intakes with crossed accounts therefore wait for each other and
 * never deadlock. Only `accounts` is locked, so the ledger's writers are never in the way.
 */
export class CreateIngestBillingEvents1763700000350 implements MigrationInterface {
  readonly name = 'CreateIngestBillingEvents1763700000350';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(String.raw`
      CREATE FUNCTION ingest_billing_events(
        account_ids uuid[], external_keys text[], client text,
        accounts integer[], event_ids uuid[], source_systems text[], event_types text[], keys text[], digests text[],
        payloads jsonb[], times timestamptz[]
      )
      -- sent_id says which item; event_id is another one when the event was stored before.
      RETURNS TABLE (
        sent_id uuid, outcome text, event_id uuid, event_seq bigint, is_enrolled boolean, payload jsonb, received_at text,
        incarnation uuid
      )
      -- Plans are kept: one made while the tables were small would go on reading them whole.
      LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $body$
      #variable_conflict use_column
      DECLARE
        instance uuid := (SELECT l.incarnation FROM ledger_incarnation l);
        -- Of each account, by its place: its last event, the time new ones get, whether somebody enrolled it.
        heads bigint[]; clocks timestamptz[]; enrolled boolean[];
        -- Of each item: its place in its account's events, NULL for one that is there already.
        seqs bigint[];
      BEGIN
        -- Events may come before anybody enrols their account: a row without a wallet collects them.
        IF (SELECT count(*) FROM accounts a WHERE a.account_id = ANY (account_ids)) < cardinality(account_ids) THEN
          INSERT INTO accounts (account_id, external_key)
          SELECT n.id, n.key FROM unnest(account_ids, external_keys) n (id, key) ORDER BY n.id
          ON CONFLICT DO NOTHING;
        END IF;

        -- Never backwards within an account, whatever the clock does: pages rely on it.
        SELECT array_agg(l.event_seq), array_agg(greatest(clock_timestamp(), l.last_event_at)), array_agg(l.enrolled_at IS NOT NULL)
          INTO heads, clocks, enrolled
          FROM (SELECT a.event_seq, a.last_event_at, a.enrolled_at FROM accounts a
                 WHERE a.account_id = ANY (account_ids) ORDER BY a.account_id FOR NO KEY UPDATE) l;

        -- A statement of its own: it must see what the transactions it waited for have written.
        seqs := ARRAY(
          SELECT CASE WHEN i.is_fresh
                   THEN heads[i.account] + count(*) FILTER (WHERE i.is_fresh) OVER (PARTITION BY i.account ORDER BY i.place) END
            FROM (SELECT n.account, n.place,
                         row_number() OVER (PARTITION BY n.account, n.source, n.key ORDER BY n.place) = 1
                           AND (SELECT true FROM billing_events e
                                 WHERE e.account_id = account_ids[n.account] AND e.source_system = n.source
                                   AND e.idempotency_key = n.key LIMIT 1) IS NULL AS is_fresh
                    FROM unnest(accounts, source_systems, keys) WITH ORDINALITY n (account, source, key, place)) i
           ORDER BY i.place);

        INSERT INTO billing_events (account_id, event_seq, event_id, source_system, event_type, idempotency_key,
                                    request_digest, client, payload, occurred_at, received_at)
        SELECT account_ids[i.account], i.seq, i.id, i.source, i.type, i.key, decode(i.digest, 'hex'), client, i.payload, i.time,
               clocks[i.account]
          FROM unnest(seqs, accounts, event_ids, source_systems, event_types, keys, digests, payloads, times)
            i (seq, account, id, source, type, key, digest, payload, time)
         WHERE i.seq IS NOT NULL;

        UPDATE accounts a SET event_seq = s.head, last_event_at = clocks[s.account]
          FROM (SELECT i.account, max(i.seq) AS head FROM unnest(seqs, accounts) i (seq, account)
                 WHERE i.seq IS NOT NULL GROUP BY i.account) s
         WHERE a.account_id = account_ids[s.account];

        RETURN QUERY
        SELECT i.id, 'stored', i.id, i.seq, enrolled[i.account], i.payload,
               to_char(clocks[i.account] AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), instance
          FROM unnest(seqs, accounts, event_ids, payloads) i (seq, account, id, payload)
         WHERE i.seq IS NOT NULL;

        IF array_position(seqs, NULL) IS NOT NULL THEN
          RETURN QUERY
          SELECT i.id, CASE WHEN e.request_digest = decode(i.digest, 'hex') THEN 'replayed' ELSE 'reused' END,
                 e.event_id, e.event_seq, enrolled[i.account], e.payload,
                 to_char(e.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), instance
            FROM unnest(seqs, accounts, event_ids, source_systems, keys, digests) i (seq, account, id, source, key, digest)
           CROSS JOIN LATERAL (
             SELECT * FROM billing_events b
              WHERE b.account_id = account_ids[i.account] AND b.source_system = i.source AND b.idempotency_key = i.key LIMIT 1) e
           WHERE i.seq IS NULL;
        END IF;
      END $body$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION ingest_billing_events');
  }
}
