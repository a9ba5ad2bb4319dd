import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The append-only ledger and the rows that hang on it. There are no foreign keys from the hot tables to wallets: the
 * only writer holds the wallet's row lock, and a key check per row would cost as much as the row itself.
 */
export class CreateLedger1763700000200 implements MigrationInterface {
  readonly name = 'CreateLedger1763700000200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(String.raw`
      CREATE TABLE ledger_incarnation (
        singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
        incarnation uuid NOT NULL DEFAULT gen_random_uuid(),
        created_at timestamptz NOT NULL DEFAULT now()
      );
      INSERT INTO ledger_incarnation DEFAULT VALUES;

      CREATE TABLE ledger (
        account_id uuid NOT NULL,
        seq bigint NOT NULL CHECK (seq > 0),
        entry_id uuid NOT NULL,
        kind text NOT NULL,
        balance_delta_micro bigint NOT NULL,
        reserved_delta_micro bigint NOT NULL,
        balance_after_micro bigint NOT NULL,
        reserved_after_micro bigint NOT NULL CHECK (reserved_after_micro >= 0),
        reservation_id uuid,
        ref_type text,
        ref_id text,
        acceptance integer,
        client text NOT NULL,
        operation text NOT NULL,
        idempotency_key text NOT NULL,
        leg smallint NOT NULL DEFAULT 0,
        request_digest bytea NOT NULL,
        actor text,
        reason text,
        effective_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (account_id, seq),
        CONSTRAINT ledger_one_effect_per_key UNIQUE (account_id, client, operation, idempotency_key, leg),
        CONSTRAINT ledger_kind_moves_its_sides CHECK (
          CASE kind
            WHEN 'GRANT' THEN balance_delta_micro > 0 AND reserved_delta_micro = 0
            WHEN 'RESERVE' THEN balance_delta_micro = 0 AND reserved_delta_micro > 0
            WHEN 'CONSUME' THEN balance_delta_micro < 0 AND reserved_delta_micro IN (0, balance_delta_micro)
            WHEN 'RELEASE' THEN balance_delta_micro = 0 AND reserved_delta_micro < 0
            WHEN 'EXPIRE' THEN balance_delta_micro = 0 AND reserved_delta_micro < 0
            ELSE false
          END)
      );

      CREATE TABLE reservations (
        account_id uuid NOT NULL,
        reservation_id uuid NOT NULL,
        amount_micro bigint NOT NULL CHECK (amount_micro > 0),
        status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'CONSUMED', 'RELEASED', 'EXPIRED')),
        ref_type text NOT NULL,
        ref_id text NOT NULL,
        acceptance integer NOT NULL CHECK (acceptance > 0),
        client text NOT NULL,
        idempotency_key text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        resolved_at timestamptz,
        PRIMARY KEY (account_id, reservation_id),
        CONSTRAINT reservations_resolved_once CHECK ((status = 'ACTIVE') = (resolved_at IS NULL))
      ) WITH (fillfactor = 80);
      CREATE UNIQUE INDEX reservations_one_active_per_reference
        ON reservations (account_id, ref_type, ref_id) WHERE status = 'ACTIVE';
      -- The account is in it for status reads, which take one account's overdue holds off its reserved credits.
      CREATE INDEX reservations_due ON reservations (expires_at, account_id) WHERE status = 'ACTIVE';

      -- The first answer for a piece of work decides how it is paid, under the mode of that moment; its settlement is
      -- recorded on the same row, once.
      CREATE TABLE funding_decisions (
        account_id uuid NOT NULL,
        ref_type text NOT NULL,
        ref_id text NOT NULL,
        acceptance integer NOT NULL CHECK (acceptance > 0),
        decision text NOT NULL CHECK (decision IN ('HELD', 'IGNORED', 'REFUSED', 'SETTLED_WITHOUT_HOLD')),
        billing_mode text NOT NULL CHECK (billing_mode IN ('POSTPAID', 'CREDIT')),
        reservation_id uuid,
        decided_at timestamptz NOT NULL,
        settled_at timestamptz,
        settled_micro bigint CHECK (settled_micro >= 0),
        shortfall_id uuid,
        PRIMARY KEY (account_id, ref_type, ref_id, acceptance),
        CHECK ((decision = 'HELD') = (reservation_id IS NOT NULL)),
        CHECK ((settled_at IS NULL) = (settled_micro IS NULL))
      );

      CREATE TABLE shortfalls (
        account_id uuid NOT NULL,
        shortfall_id uuid NOT NULL,
        ref_type text NOT NULL,
        ref_id text NOT NULL,
        acceptance integer NOT NULL,
        amount_micro bigint NOT NULL CHECK (amount_micro > 0),
        status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'CLAIMED_BY_INVOICE', 'RECOVERED', 'WAIVED')),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        PRIMARY KEY (account_id, shortfall_id),
        UNIQUE (account_id, ref_type, ref_id, acceptance)
      );

      -- Outcomes of commands that moved nothing: refused, ignored by policy, or wholly short. Stored so that a late
      -- duplicate of a command cannot turn a no into a yes.
      CREATE TABLE unposted_outcomes (
        account_id uuid NOT NULL,
        client text NOT NULL,
        operation text NOT NULL,
        idempotency_key text NOT NULL,
        outcome_id uuid NOT NULL,
        request_digest bytea NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('IGNORED', 'REFUSED', 'SHORTFALL')),
        code text,
        details jsonb NOT NULL DEFAULT '{}',
        ref_type text,
        ref_id text,
        acceptance integer,
        amount_micro bigint,
        actor text,
        reason text,
        account_seq bigint NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (account_id, client, operation, idempotency_key),
        CHECK ((outcome = 'REFUSED') = (code IS NOT NULL))
      );
      CREATE INDEX unposted_outcomes_by_time ON unposted_outcomes (account_id, created_at DESC, outcome_id DESC);

      CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
      BEGIN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
      END $body$;
      CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON ledger
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER unposted_outcomes_append_only BEFORE UPDATE OR DELETE ON unposted_outcomes
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER unposted_outcomes_no_truncate BEFORE TRUNCATE ON unposted_outcomes
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER account_changes_append_only BEFORE UPDATE OR DELETE ON account_changes
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER account_changes_no_truncate BEFORE TRUNCATE ON account_changes
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

      -- The columns the operations runbook queries (SQ-01..03): only movements of the balance are credit or debit, so
      -- holds never count as spending (TR-09).
      CREATE VIEW ledger_entries AS
      SELECT entry_id AS id,
             account_id,
             CASE WHEN balance_delta_micro > 0 THEN 'credit'
                  WHEN balance_delta_micro < 0 THEN 'debit'
                  ELSE lower(kind) END AS kind,
             abs(CASE WHEN balance_delta_micro <> 0 THEN balance_delta_micro ELSE reserved_delta_micro END)::numeric / 1000000 AS amount_credits,
             reason,
             idempotency_key,
             NULL::text AS model,
             NULL::bigint AS input_tokens,
             NULL::bigint AS output_tokens,
             created_at
        FROM ledger;

      -- Each movement unfolded into its two sides. The counter-account is a pure function of the kind.
      CREATE VIEW ledger_double_entry AS
      SELECT account_id, seq, 'wallet:available' AS side, balance_delta_micro - reserved_delta_micro AS amount_micro FROM ledger
      UNION ALL
      SELECT account_id, seq, 'wallet:reserved', reserved_delta_micro FROM ledger
      UNION ALL
      SELECT account_id, seq,
             CASE kind WHEN 'GRANT' THEN 'world:granted' WHEN 'CONSUME' THEN 'world:consumed' ELSE 'world:none' END,
             -balance_delta_micro
        FROM ledger;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP VIEW ledger_double_entry, ledger_entries;
      DROP TABLE unposted_outcomes, shortfalls, funding_decisions, reservations, ledger, ledger_incarnation;
      DROP FUNCTION refuse_change() CASCADE;
    `);
  }
}
