import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What V1 needs to notice that Studio's ledger went back in time, and to send again what it lost: the order in which a
 * lane's rows got their outcomes, the newest seal seen, and a book of the setbacks.
 */
export class CreateStudioSetbacks1763700001050 implements MigrationInterface {
  readonly name = 'CreateStudioSetbacks1763700001050';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE studio_setbacks (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        account_key text NOT NULL REFERENCES lanes,
        reason text NOT NULL CHECK (reason IN ('outcome_lost', 'head_went_back', 'seal_differs', 'another_ledger', 'asked_for')),
        noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        actor text NOT NULL,
        held jsonb,
        found jsonb,
        rows_reopened integer NOT NULL DEFAULT 0
      );
      COMMENT ON COLUMN studio_setbacks.held IS 'What V1 held of the account: incarnation, heads, seal.';
      COMMENT ON COLUMN studio_setbacks.found IS 'What Studio had instead.';

      CREATE SEQUENCE events_settled;
      ALTER TABLE events
        ADD COLUMN receipt_seq bigint,
        ADD COLUMN settled_no bigint,
        ADD COLUMN setback_id bigint REFERENCES studio_setbacks,
        ADD COLUMN answer_before jsonb;
      COMMENT ON COLUMN events.receipt_seq IS 'Head of the account in the receipt: Studio stored this outcome.';
      COMMENT ON COLUMN events.settled_no IS 'Order of the outcomes, which is Studio''s order within a lane. A clock may run backwards.';
      COMMENT ON COLUMN events.answer_before IS 'The outcome Studio lost, or was asked for again.';
      CREATE INDEX events_settled_order ON events (account_key, settled_no) WHERE settled_no IS NOT NULL;
      CREATE INDEX events_of_setback ON events (setback_id) WHERE setback_id IS NOT NULL;

      ALTER TABLE lanes
        ADD COLUMN sealed_seq bigint,
        ADD COLUMN sealed_digest text,
        ADD COLUMN setbacks integer NOT NULL DEFAULT 0;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE lanes DROP COLUMN sealed_seq, DROP COLUMN sealed_digest, DROP COLUMN setbacks;
      ALTER TABLE events DROP COLUMN receipt_seq, DROP COLUMN settled_no, DROP COLUMN setback_id, DROP COLUMN answer_before;
      DROP SEQUENCE events_settled;
      DROP TABLE studio_setbacks;
    `);
  }
}
