import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who refreshed the Billing Monitor when: the allowance is one for all replicas. One row per admin. */
export class CreateMonitorRefreshes1763700000800 implements MigrationInterface {
  readonly name = 'CreateMonitorRefreshes1763700000800';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE monitor_refreshes (
        user_id integer PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
        window_ends_at timestamptz NOT NULL,
        taken text[] NOT NULL CHECK (taken <@ ARRAY['summary', 'detail'])
      );
      COMMENT ON COLUMN monitor_refreshes.taken IS 'What the window was used for; each kind once.';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE monitor_refreshes');
  }
}
