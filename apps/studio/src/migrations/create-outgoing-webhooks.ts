import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where events are sent to, what was sent, and how each try went. A message is one row whatever the number of endpoints,
 * with the exact bytes that are signed; a delivery is the state of one message at one endpoint.
 */
export class CreateOutgoingWebhooks1763700000710 implements MigrationInterface {
  readonly name = 'CreateOutgoingWebhooks1763700000710';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_endpoints (
        endpoint_id uuid PRIMARY KEY,
        url text NOT NULL UNIQUE CHECK (length(url) <= 2000),
        description text NOT NULL DEFAULT '',
        event_types text[] NOT NULL CHECK (cardinality(event_types) > 0),
        is_enabled boolean NOT NULL DEFAULT true,
        disabled_reason text,
        failing_since timestamptz,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CHECK (is_enabled = (disabled_reason IS NULL))
      );

      CREATE TABLE webhook_secrets (
        endpoint_id uuid NOT NULL REFERENCES webhook_endpoints,
        secret_id uuid NOT NULL,
        sealed bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        expires_at timestamptz,
        PRIMARY KEY (endpoint_id, secret_id)
      );
      COMMENT ON COLUMN webhook_secrets.expires_at IS 'Null: the current one';
      CREATE UNIQUE INDEX webhook_secrets_one_current ON webhook_secrets (endpoint_id) WHERE expires_at IS NULL;

      CREATE TABLE webhook_messages (
        message_id uuid PRIMARY KEY,
        event_type text NOT NULL,
        body text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );

      CREATE TABLE webhook_deliveries (
        delivery_id uuid PRIMARY KEY,
        endpoint_id uuid NOT NULL REFERENCES webhook_endpoints,
        message_id uuid NOT NULL REFERENCES webhook_messages,
        status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED')),
        attempts integer NOT NULL DEFAULT 0,
        attempts_before integer NOT NULL DEFAULT 0,
        queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        settled_at timestamptz,
        UNIQUE (endpoint_id, message_id),
        CHECK ((status = 'PENDING') = (settled_at IS NULL))
      ) WITH (fillfactor = 80);
      COMMENT ON COLUMN webhook_deliveries.queued_at IS 'Start of the time it is retried; a redelivery starts it anew';
      COMMENT ON COLUMN webhook_deliveries.attempts_before IS 'Tries before the last redelivery: the pauses begin small again';
      COMMENT ON COLUMN webhook_deliveries.attempts IS 'Tries begun; also the fence: only the newest try may settle the row';
      CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_attempt_at) WHERE status = 'PENDING';
      CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (endpoint_id, delivery_id DESC);

      CREATE TABLE webhook_attempts (
        delivery_id uuid NOT NULL REFERENCES webhook_deliveries,
        attempt integer NOT NULL CHECK (attempt > 0),
        started_at timestamptz NOT NULL,
        duration_ms integer NOT NULL CHECK (duration_ms >= 0),
        status_code integer,
        error text,
        PRIMARY KEY (delivery_id, attempt)
      );
    `);
    for (const table of ['webhook_messages', 'webhook_attempts']) {
      await runner.query(`
        CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE ON ${table}
          FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER ${table}_no_truncate BEFORE TRUNCATE ON ${table}
          FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      `);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE webhook_attempts, webhook_deliveries, webhook_messages, webhook_secrets,
                  webhook_endpoints`,
    );
  }
}
