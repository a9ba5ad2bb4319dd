import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Work that staff approve, deliver or cancel; its account key and acceptance number are stamped and never change. */
export class CreateCommissions1763700000700 implements MigrationInterface {
  readonly name = 'CreateCommissions1763700000700';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE commissions (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        title text NOT NULL,
        partner_id integer REFERENCES partners,
        client_id integer REFERENCES clients,
        assignment_id integer REFERENCES assignments,
        fees_minor bigint CHECK (fees_minor >= 0),
        currency text NOT NULL DEFAULT 'INR' CHECK (currency ~ '^[A-Z]{3}$'),
        credit_cost_micro bigint NOT NULL DEFAULT 1000000 CHECK (credit_cost_micro > 0),
        state text NOT NULL DEFAULT 'SUBMITTED' CHECK (state IN
          ('SUBMITTED', 'NEEDS_INFORMATION', 'APPROVING', 'APPROVED', 'REJECTED', 'DELIVERED', 'CANCELLED')),
        account_key text,
        acceptance integer NOT NULL DEFAULT 0 CHECK (acceptance >= 0),
        acceptance_open boolean NOT NULL DEFAULT false,
        reserve_event_id bigint REFERENCES events,
        intent jsonb,
        intent_at timestamptz,
        override boolean NOT NULL DEFAULT false,
        decision_reason text,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CHECK ((state = 'APPROVING') = (intent IS NOT NULL)),
        CHECK (state NOT IN ('APPROVING', 'APPROVED', 'DELIVERED') OR (account_key IS NOT NULL AND acceptance > 0)),
        CHECK (partner_id IS NOT NULL OR client_id IS NOT NULL OR assignment_id IS NOT NULL)
      );
      COMMENT ON COLUMN commissions.acceptance IS 'Counts approvals that asked Studio for a hold; goes into the keys of their commands.';
      COMMENT ON COLUMN commissions.acceptance_open IS 'True while a hold of this acceptance may be live: approved or waiting for information.';
      COMMENT ON COLUMN commissions.intent IS 'Who approves and how, while Studio is asked; a crash leaves it to the recovery job.';
      CREATE INDEX commissions_by_state ON commissions (state, id);
      CREATE INDEX commissions_intents ON commissions (intent_at) WHERE state = 'APPROVING';

      CREATE TABLE commission_timeline (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        commission_id integer NOT NULL REFERENCES commissions,
        event text NOT NULL,
        actor text NOT NULL,
        reason text,
        details jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX commission_timeline_by_commission ON commission_timeline (commission_id, id);

      CREATE TABLE deliverables (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        commission_id integer NOT NULL UNIQUE REFERENCES commissions,
        document_id text,
        released_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE deliverables, commission_timeline, commissions');
  }
}
