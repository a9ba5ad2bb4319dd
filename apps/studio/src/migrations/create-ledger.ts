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

      -- The one clock of the books: tests that let time pass replace it. Stable within a query, so that an index can be
      -- asked for what is due; each statement of a function reads it anew.
      CREATE FUNCTION ledger_clock() RETURNS timestamptz LANGUAGE plpgsql STABLE AS 'BEGIN RETURN clock_timestamp(); END';

      -- What a row of each kind may move, and what it must name. A function, since a constraint's expression is read
      -- again for every statement, and one of this length would cost as much as the row. The commonest kinds come first.
      CREATE FUNCTION ledger_kind_moves_its_sides(
        kind text, balance bigint, reserved bigint, lots integer, has_counterparty boolean, rows_back bigint
      ) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
      BEGIN
        RETURN CASE
          WHEN kind = 'RESERVE' THEN balance = 0 AND reserved > 0
          WHEN kind = 'CONSUME' THEN balance < 0 AND reserved IN (0, balance)
          WHEN kind IN ('RELEASE', 'EXPIRE') THEN balance = 0 AND reserved < 0
          WHEN reserved <> 0 THEN false
          WHEN kind IN ('GRANT', 'TOPUP') THEN balance > 0
          WHEN kind IN ('CHARGE', 'RECOVERY') THEN balance < 0
          WHEN kind IN ('LOT_EXPIRY', 'CLAWBACK') THEN balance < 0 AND lots = 1
          WHEN kind = 'TRANSFER_OUT' THEN balance < 0 AND has_counterparty AND lots IS NOT NULL
          WHEN kind = 'TRANSFER_IN' THEN balance > 0 AND has_counterparty
          WHEN kind = 'REVERSAL' THEN balance <> 0 AND rows_back > 0 AND lots IS NOT NULL
          WHEN kind = 'ADJUSTMENT' THEN balance <> 0
          ELSE false
        END;
      END $body$;

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
        -- The row a REVERSAL undoes, in whole or in part.
        reverses_seq bigint,
        -- Which lots moved by how much, where money hangs on it. Elsewhere the fold of lots says so, and obeys these.
        lot_ids uuid[],
        lot_micro bigint[],
        -- The other account of a transfer.
        counterparty_id uuid,
        PRIMARY KEY (account_id, seq),
        CONSTRAINT ledger_one_effect_per_key UNIQUE (account_id, client, operation, idempotency_key, leg),
        CONSTRAINT ledger_kind_moves_its_sides CHECK (ledger_kind_moves_its_sides(
          kind, balance_delta_micro, reserved_delta_micro, cardinality(lot_ids), counterparty_id IS NOT NULL, seq - reverses_seq)),
        CONSTRAINT ledger_lots_have_amounts CHECK (cardinality(lot_ids) IS NOT DISTINCT FROM cardinality(lot_micro))
      );
      -- Partial, so that holds and charges pay nothing for them.
      CREATE INDEX ledger_reversals ON ledger (account_id, reverses_seq) WHERE reverses_seq IS NOT NULL;
      CREATE UNIQUE INDEX ledger_one_credit_per_purchase ON ledger (account_id, ref_type, ref_id) WHERE kind = 'TOPUP';

      CREATE TABLE reservations (
        account_id uuid NOT NULL,
        reservation_id uuid NOT NULL,
        amount_micro bigint NOT NULL CHECK (amount_micro > 0),
        -- What is still held; less than the amount once a part was released.
        held_micro bigint NOT NULL CHECK (held_micro BETWEEN 0 AND amount_micro),
        status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'CONSUMED', 'RELEASED', 'EXPIRED')),
        ref_type text NOT NULL,
        ref_id text NOT NULL,
        acceptance integer NOT NULL CHECK (acceptance > 0),
        client text NOT NULL,
        idempotency_key text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        resolved_at timestamptz,
        -- The charge for the work the hold was made for, once, also when it came after the hold had ended.
        settled_at timestamptz,
        settled_micro bigint CHECK (settled_micro >= 0),
        shortfall_id uuid,
        PRIMARY KEY (account_id, reservation_id),
        -- A hold is the funding decision of its acceptance: there is one for ever.
        CONSTRAINT reservations_one_per_acceptance UNIQUE (account_id, ref_type, ref_id, acceptance),
        CONSTRAINT reservations_resolved_once CHECK ((status = 'ACTIVE') = (resolved_at IS NULL)),
        CONSTRAINT reservations_end_empty CHECK ((status = 'ACTIVE') = (held_micro > 0)),
        CONSTRAINT reservations_settled_once CHECK ((settled_at IS NULL) = (settled_micro IS NULL))
      ) WITH (fillfactor = 80);
      CREATE UNIQUE INDEX reservations_one_active_per_reference
        ON reservations (account_id, ref_type, ref_id) WHERE status = 'ACTIVE';
      -- The account is in it for status reads, which take one account's overdue holds off its reserved credits.
      CREATE INDEX reservations_due ON reservations (expires_at, account_id) WHERE status = 'ACTIVE';

      -- The first answer for a piece of work decides how it is paid, under the mode of that moment. A hold is such a
      -- decision by itself; here are the others, with their settlement, once. A later hold overrules a refusal.
      CREATE TABLE funding_decisions (
        account_id uuid NOT NULL,
        ref_type text NOT NULL,
        ref_id text NOT NULL,
        acceptance integer NOT NULL CHECK (acceptance > 0),
        decision text NOT NULL CHECK (decision IN ('IGNORED', 'REFUSED', 'SETTLED_WITHOUT_HOLD')),
        billing_mode text NOT NULL CHECK (billing_mode IN ('POSTPAID', 'CREDIT')),
        decided_at timestamptz NOT NULL,
        settled_at timestamptz,
        settled_micro bigint CHECK (settled_micro >= 0),
        shortfall_id uuid,
        PRIMARY KEY (account_id, ref_type, ref_id, acceptance),
        CHECK ((settled_at IS NULL) = (settled_micro IS NULL))
      );

      CREATE TABLE shortfalls (
        account_id uuid NOT NULL,
        shortfall_id uuid NOT NULL,
        -- What was due: work that was delivered, or credits of a purchase that were wanted back.
        cause text NOT NULL DEFAULT 'WORK' CHECK (cause IN ('WORK', 'CLAWBACK')),
        clawback_id uuid,
        ref_type text NOT NULL,
        ref_id text NOT NULL,
        acceptance integer NOT NULL,
        amount_micro bigint NOT NULL CHECK (amount_micro > 0),
        status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'CLAIMED_BY_INVOICE', 'RECOVERED', 'WAIVED')),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        PRIMARY KEY (account_id, shortfall_id),
        UNIQUE (account_id, cause, ref_type, ref_id, acceptance),
        CHECK ((cause = 'CLAWBACK') = (clawback_id IS NOT NULL))
      );

      -- Outcomes of commands that moved nothing: refused, ignored by policy, wholly short, waiting for a hold to end, or
      -- a longer time for a hold. Stored so that a late duplicate of a command cannot turn a no into a yes.
      CREATE TABLE unposted_outcomes (
        account_id uuid NOT NULL,
        client text NOT NULL,
        operation text NOT NULL,
        idempotency_key text NOT NULL,
        outcome_id uuid NOT NULL,
        request_digest bytea NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('IGNORED', 'REFUSED', 'SHORTFALL', 'PENDING', 'EXTENDED')),
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
      -- Partial although every row is in it: an index is looked at only where its condition is asked for as well, so a
      -- look-up by key cannot be planned to read all refusals of a busy account.
      CREATE INDEX unposted_outcomes_by_time ON unposted_outcomes (account_id, created_at DESC, outcome_id DESC)
        WHERE account_seq >= 0;

      -- Plans are kept, and one made while every account had a row or two finds all indexes that lead with the account
      -- equally good; the wrong one reads a busy account's whole history. So the planner is told to expect many rows of each.
      ALTER TABLE ledger ALTER COLUMN account_id SET (n_distinct = 20);
      ALTER TABLE reservations ALTER COLUMN account_id SET (n_distinct = 20);
      ALTER TABLE funding_decisions ALTER COLUMN account_id SET (n_distinct = 20);
      ALTER TABLE unposted_outcomes ALTER COLUMN account_id SET (n_distinct = 20);

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
             CASE WHEN kind = 'GRANT' THEN 'world:granted'
                  WHEN kind IN ('TOPUP', 'CLAWBACK') THEN 'world:purchased'
                  WHEN kind IN ('CONSUME', 'CHARGE', 'RECOVERY') THEN 'world:consumed'
                  WHEN kind = 'ADJUSTMENT' THEN 'world:adjusted'
                  WHEN kind = 'REVERSAL' THEN 'world:reversed'
                  WHEN kind = 'LOT_EXPIRY' THEN 'world:expired'
                  WHEN kind IN ('TRANSFER_IN', 'TRANSFER_OUT') THEN 'world:transfers'
                  ELSE 'world:none' END,
             -balance_delta_micro
        FROM ledger;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP VIEW ledger_double_entry, ledger_entries;
      DROP TABLE unposted_outcomes, shortfalls, funding_decisions, reservations, ledger, ledger_incarnation;
      DROP FUNCTION ledger_clock(), ledger_kind_moves_its_sides, refuse_change() CASCADE;
    `);
  }
}
