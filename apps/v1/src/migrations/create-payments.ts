import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Money that came in for invoices. Rows are never changed: a refund is a row of its own elsewhere. */
export class CreatePayments1700000001003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE payments (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        invoice_id integer NOT NULL REFERENCES invoices (id),
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        mode text NOT NULL
          CHECK (mode IN ('CASH', 'BANK_TRANSFER', 'UPI', 'CHEQUE', 'CARD', 'MANUAL', 'OTHER')),
        reference_no text,
        paid_at timestamptz NOT NULL,
        idempotency_key text,
        request_digest text NOT NULL,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT payments_one_per_key UNIQUE (invoice_id, idempotency_key)
      )`);
    await queryRunner.query(`CREATE INDEX payments_by_invoice ON payments (invoice_id, id DESC)`);
    await queryRunner.query(`
      CREATE TRIGGER payments_append_only BEFORE UPDATE OR DELETE ON payments
      FOR EACH ROW EXECUTE FUNCTION refuse_change()`);
    await queryRunner.query(`
      CREATE TRIGGER payments_no_truncate BEFORE TRUNCATE ON payments
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE payments`);
  }
}
