import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Thresholds of available credits, and the crossings found by folding the ledger behind its head. The primary key of a
 * crossing is the ledger row that made it: however often a row is folded, it is announced once.
 */
export class CreateBalanceAlerts1763700000700 implements MigrationInterface {
  readonly name = 'CreateBalanceAlerts1763700000700';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE alert_thresholds (
        account_id uuid NOT NULL REFERENCES accounts,
        threshold_micro bigint NOT NULL CHECK (threshold_micro >= 0),
        is_low boolean NOT NULL,
        since_seq bigint NOT NULL CHECK (since_seq >= 0),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (account_id, threshold_micro)
      ) WITH (fillfactor = 80);
      COMMENT ON COLUMN alert_thresholds.since_seq IS 'Head of the ledger when it was set: rows up to there are not its business';

      -- One row per account with thresholds: finding those whose ledger went on reads nothing else beside the wallets.
      CREATE TABLE alert_positions (
        account_id uuid PRIMARY KEY REFERENCES accounts,
        folded_seq bigint NOT NULL CHECK (folded_seq >= 0)
      ) WITH (fillfactor = 60);
      COMMENT ON COLUMN alert_positions.folded_seq IS 'Ledger rows up to this one are in is_low';

      CREATE TABLE balance_alerts (
        account_id uuid NOT NULL REFERENCES accounts,
        threshold_micro bigint NOT NULL,
        ledger_seq bigint NOT NULL,
        alert_id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('LOW_BALANCE', 'BALANCE_RECOVERED')),
        available_micro bigint NOT NULL,
        crossed_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (account_id, threshold_micro, ledger_seq),
        CONSTRAINT balance_alerts_kind_is_true CHECK ((kind = 'LOW_BALANCE') = (available_micro <= threshold_micro))
      );
      CREATE INDEX balance_alerts_by_time ON balance_alerts (account_id, created_at DESC, alert_id DESC);
      CREATE TRIGGER balance_alerts_append_only BEFORE UPDATE OR DELETE ON balance_alerts
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER balance_alerts_no_truncate BEFORE TRUNCATE ON balance_alerts
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE balance_alerts, alert_positions, alert_thresholds');
  }
}
