import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What V1 owes Studio, in order, per account; and the book of decisions taken without Studio's answer. `events` carries
 * the columns the runbooks query (TB-05) beside what the relay needs.
 */
export class CreateStudioLink1763700000600 implements MigrationInterface {
  readonly name = 'CreateStudioLink1763700000600';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE lanes (
        account_key text PRIMARY KEY,
        next_seq bigint NOT NULL DEFAULT 1,
        lease_owner text,
        lease_until timestamptz,
        fence bigint NOT NULL DEFAULT 0,
        next_at timestamptz NOT NULL DEFAULT now(),
        attempts integer NOT NULL DEFAULT 0,
        last_reason text,
        last_error text,
        incarnation uuid,
        ledger_seq bigint,
        event_seq bigint
      );
      COMMENT ON COLUMN lanes.fence IS 'Counts up with every lease: who holds an older fence may no longer write.';

      CREATE TABLE events (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        account_key text NOT NULL REFERENCES lanes,
        lane_seq bigint NOT NULL,
        kind text NOT NULL CHECK (kind IN ('event', 'reserve', 'consume', 'release')),
        event_type text NOT NULL,
        idempotency_key text NOT NULL UNIQUE,
        body text NOT NULL,
        data jsonb GENERATED ALWAYS AS (body::jsonb) STORED,
        commission_id integer,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'refused', 'parked', 'skipped')),
        processed boolean NOT NULL GENERATED ALWAYS AS (state IN ('done', 'refused', 'skipped')) STORED,
        attempts integer NOT NULL DEFAULT 0,
        answer_reason text,
        answer_status integer,
        answer_code text,
        answer jsonb,
        last_error text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        processed_at timestamptz,
        UNIQUE (account_key, lane_seq)
      );
      COMMENT ON COLUMN events.body IS 'The exact bytes that are sent, first time and every time.';
      CREATE INDEX events_open ON events (account_key, lane_seq) WHERE state IN ('pending', 'parked');

      CREATE TABLE studio_outages (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        instance uuid NOT NULL,
        reason text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        last_failure_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        ended_at timestamptz
      );
      COMMENT ON COLUMN studio_outages.instance IS 'Process that saw it: one replica may be cut off while another is not.';
      CREATE UNIQUE INDEX studio_outages_one_open ON studio_outages (instance) WHERE ended_at IS NULL;

      CREATE TABLE studio_decisions (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id bigint NOT NULL UNIQUE REFERENCES events,
        operation text NOT NULL CHECK (operation IN ('approve', 'deliver', 'cancel')),
        account_key text NOT NULL,
        commission_id integer,
        amount_micro bigint NOT NULL CHECK (amount_micro >= 0),
        known_mode text,
        known_available_micro bigint,
        known_age_seconds integer,
        reason text NOT NULL,
        outage_id bigint REFERENCES studio_outages,
        decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        verdict text CHECK (verdict IN ('honoured', 'would_have_been_refused', 'mode_differed', 'already_applied')),
        verdict_code text,
        settled_at timestamptz,
        CHECK ((verdict IS NULL) = (settled_at IS NULL))
      );
      CREATE INDEX studio_decisions_open ON studio_decisions (decided_at) WHERE verdict IS NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE studio_decisions, studio_outages, events, lanes');
  }
}
