import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who has credits, and by which policy. An account without a wallet is not enrolled: it only collects events that came
 * before enrolment. The wallet row holds what the ledger decides by (mode, status, limits, counters), so that one row
 * lock covers a decision; everything else about an account stays out of the hot row.
 */
export class CreateAccounts1763700000100 implements MigrationInterface {
  readonly name = 'CreateAccounts1763700000100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(String.raw`
      CREATE TABLE accounts (
        account_id uuid PRIMARY KEY,
        -- Three parts, and not the one pattern of the contract: with its look-ahead and its count that took 50 us, and a
        -- check is made again whenever anything of the row changes, which each event does.
        external_key text NOT NULL UNIQUE
          CHECK (external_key ~ '^(v1:(partner|client|assignment|invoice|channel)|v2:(tenant|external)):[A-Za-z0-9_-]+$'
                 AND external_key !~ ':0[0-9]+$' AND length(split_part(external_key, ':', 3)) <= 128),
        tenant_id uuid,
        account_type text NOT NULL DEFAULT 'EXTERNAL_ASSOCIATE' CHECK (account_type IN ('TENANT', 'EXTERNAL_ASSOCIATE')),
        display_name text NOT NULL DEFAULT '',
        payment_terms_days integer NOT NULL DEFAULT 15 CHECK (payment_terms_days BETWEEN 1 AND 365),
        currency text NOT NULL DEFAULT 'INR' CHECK (currency ~ '^[A-Z]{3}$'),
        is_enabled boolean NOT NULL DEFAULT true,
        event_seq bigint NOT NULL DEFAULT 0,
        last_event_at timestamptz,
        enrolled_at timestamptz,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      ) WITH (fillfactor = 70);

      CREATE TABLE wallets (
        account_id uuid PRIMARY KEY REFERENCES accounts,
        billing_mode text NOT NULL DEFAULT 'POSTPAID' CHECK (billing_mode IN ('POSTPAID', 'CREDIT')),
        account_status text NOT NULL DEFAULT 'ACTIVE' CHECK (account_status IN ('ACTIVE', 'SUSPENDED')),
        overdraft_limit_micro bigint NOT NULL DEFAULT 0 CHECK (overdraft_limit_micro >= 0),
        balance_micro bigint NOT NULL DEFAULT 0,
        reserved_micro bigint NOT NULL DEFAULT 0 CHECK (reserved_micro >= 0),
        seq bigint NOT NULL DEFAULT 0 CHECK (seq >= 0),
        last_entry_at timestamptz,
        -- Not later than the first end of a lot that still holds credits: before it, no command needs to look at lots.
        next_lot_expiry_at timestamptz,
        -- A lot whose time is over, or that is wanted back, is partly held: to be looked at whenever a hold ends.
        held_lots_due boolean NOT NULL DEFAULT false,
        CONSTRAINT wallets_not_overdrawn CHECK (balance_micro - reserved_micro >= -overdraft_limit_micro),
        -- Nine billion credits, the overdraft included: every figure, also what is held, stays exact as a JSON number.
        CONSTRAINT wallets_balance_limit CHECK (balance_micro + overdraft_limit_micro <= 9000000000000000)
      ) WITH (fillfactor = 60);
      CREATE INDEX wallets_by_next_lot_expiry ON wallets (next_lot_expiry_at) WHERE next_lot_expiry_at IS NOT NULL;
      COMMENT ON TABLE wallets IS 'Written by apply_credit_batch and by policy changes under the same row lock. No index on counters: updates stay HOT.';

      CREATE TABLE account_changes (
        account_id uuid NOT NULL REFERENCES accounts,
        change_id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN (
          'ENROLLED', 'SUSPENDED', 'REACTIVATED', 'MODE_CHANGED', 'PAYMENT_TERMS_CHANGED', 'OVERDRAFT_LIMIT_CHANGED',
          'ALERT_THRESHOLDS_CHANGED')),
        before jsonb,
        after jsonb NOT NULL,
        actor text NOT NULL,
        reason text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (account_id, change_id)
      );
      CREATE INDEX account_changes_by_time ON account_changes (account_id, created_at DESC, change_id DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE account_changes, wallets, accounts');
  }
}
