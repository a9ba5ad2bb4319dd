import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What operators ask of the ledger: written before it is done, so that a crash between leaves a row that says what is
 * open. An act that needs a second person waits here as PENDING. The trail of all this is `audit_entries`; these rows
 * are working state.
 */
export class CreateOperatorActs1763700000610 implements MigrationInterface {
  readonly name = 'CreateOperatorActs1763700000610';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(String.raw`
      CREATE TABLE operator_acts (
        account_id uuid NOT NULL,
        act_id uuid NOT NULL,
        operation text NOT NULL,
        idempotency_key text NOT NULL,
        request_digest text NOT NULL,
        external_key text NOT NULL,
        command jsonb NOT NULL,
        amount_micro bigint CHECK (amount_micro > 0),
        reason text NOT NULL CHECK (reason ~ '\S'),
        needs_approval boolean NOT NULL,
        state text NOT NULL CHECK (state IN ('PENDING', 'OPEN', 'DONE', 'REFUSED', 'REJECTED', 'EXPIRED', 'NOT_DONE')),
        actor_id integer NOT NULL,
        actor text NOT NULL,
        actor_role text NOT NULL,
        request_id text NOT NULL,
        counted_on date,
        requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        expires_at timestamptz,
        opened_at timestamptz,
        approver_id integer,
        approver text,
        decided_at timestamptz,
        decision_reason text,
        closed_at timestamptz,
        outcome jsonb,
        PRIMARY KEY (account_id, act_id),
        CONSTRAINT operator_acts_one_per_key UNIQUE (account_id, operation, idempotency_key),
        CONSTRAINT operator_acts_two_people CHECK (approver_id <> actor_id OR state = 'REJECTED'),
        CONSTRAINT operator_acts_approved_first CHECK (
          NOT needs_approval OR state NOT IN ('OPEN', 'DONE', 'REFUSED') OR approver_id IS NOT NULL)
      ) WITH (fillfactor = 80);
      CREATE INDEX operator_acts_by_id ON operator_acts (act_id);
      CREATE INDEX operator_acts_unfinished ON operator_acts (requested_at) WHERE state IN ('PENDING', 'OPEN');

      -- How much each person has moved alone on a day (UTC). One row per person and day is what makes the limit exact:
      -- acts at once wait for each other here.
      CREATE TABLE operator_daily_credits (
        actor_id integer NOT NULL,
        day date NOT NULL,
        used_micro bigint NOT NULL CHECK (used_micro >= 0),
        PRIMARY KEY (actor_id, day)
      ) WITH (fillfactor = 70);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE operator_daily_credits, operator_acts');
  }
}
