import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which overdraft limit held from which movement on. The wallet has today's limit; whether the past kept to its limit is
 * judged by these rows. Written under the wallet's lock, so `from_seq` is exact.
 */
export class CreateOverdraftLimits1763700000620 implements MigrationInterface {
  readonly name = 'CreateOverdraftLimits1763700000620';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(String.raw`
      CREATE TABLE overdraft_limits (
        account_id uuid NOT NULL REFERENCES accounts,
        version integer NOT NULL,
        from_seq bigint NOT NULL CHECK (from_seq > 0),
        limit_micro bigint NOT NULL CHECK (limit_micro >= 0),
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (account_id, version)
      );
      COMMENT ON TABLE overdraft_limits IS
        'The limit of movement seq is that of the highest version with from_seq <= seq; without one it is 0.';
      INSERT INTO overdraft_limits (account_id, version, from_seq, limit_micro)
      SELECT account_id, version, 1, overdraft_limit_micro FROM wallets JOIN accounts USING (account_id)
       WHERE overdraft_limit_micro > 0;
      CREATE TRIGGER overdraft_limits_append_only BEFORE UPDATE OR DELETE ON overdraft_limits
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER overdraft_limits_no_truncate BEFORE TRUNCATE ON overdraft_limits
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE overdraft_limits');
  }
}
