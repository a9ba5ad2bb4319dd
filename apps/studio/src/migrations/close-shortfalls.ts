import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who closed a shortfall, why, and the invoice that claimed it. */
export class CloseShortfalls1763700000630 implements MigrationInterface {
  readonly name = 'CloseShortfalls1763700000630';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE shortfalls
        ADD COLUMN invoice_ref text,
        ADD COLUMN closed_by text,
        ADD COLUMN closed_reason text,
        ADD CONSTRAINT shortfalls_claimed_by_an_invoice
          CHECK ((status = 'CLAIMED_BY_INVOICE') = (invoice_ref IS NOT NULL)),
        ADD CONSTRAINT shortfalls_waived_for_a_reason CHECK (status <> 'WAIVED' OR closed_reason IS NOT NULL);
      -- Services name a shortfall by its id alone.
      CREATE INDEX shortfalls_by_id ON shortfalls (shortfall_id);
      CREATE INDEX shortfalls_by_time ON shortfalls (created_at, shortfall_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX shortfalls_by_time, shortfalls_by_id;
      ALTER TABLE shortfalls DROP COLUMN closed_reason, DROP COLUMN closed_by, DROP COLUMN invoice_ref;
    `);
  }
}
