import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The inbox of facts other systems send. Append-only; a key has one effect per account and source. There is no foreign key
 * to accounts: the only writer holds the account's row lock, and a key check per row would cost a tenth of the intake.
 */
export class CreateBillingEvents1763700000300 implements MigrationInterface {
  readonly name = 'CreateBillingEvents1763700000300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE billing_events (
        account_id uuid NOT NULL,
        event_seq bigint NOT NULL CHECK (event_seq > 0),
        event_id uuid NOT NULL,
        source_system text NOT NULL CHECK (source_system IN ('v1', 'v2')),
        event_type text NOT NULL,
        idempotency_key text NOT NULL,
        request_digest bytea NOT NULL,
        client text NOT NULL,
        payload jsonb NOT NULL,
        occurred_at timestamptz,
        received_at timestamptz NOT NULL,
        PRIMARY KEY (account_id, event_seq),
        CONSTRAINT billing_events_one_effect_per_key UNIQUE (account_id, source_system, idempotency_key)
      );
      -- The planner is told to expect many events of each account, as for the ledger.
      ALTER TABLE billing_events ALTER COLUMN account_id SET (n_distinct = 20);
      CREATE TRIGGER billing_events_append_only BEFORE UPDATE OR DELETE ON billing_events
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER billing_events_no_truncate BEFORE TRUNCATE ON billing_events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE billing_events');
  }
}
