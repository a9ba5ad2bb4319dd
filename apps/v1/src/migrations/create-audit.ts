import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The business audit trail. `refuse_change()` is shared by every append-only table of V1. */
export class CreateAudit1700000001000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
      END $$`);
    await queryRunner.query(`
      CREATE TABLE billing_audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_type text NOT NULL CHECK (event_type ~ '^[a-z][a-z_]{0,63}$'),
        actor text NOT NULL,
        actor_user_id integer,
        customer_id integer,
        data jsonb NOT NULL DEFAULT '{}',
        ip_address text,
        user_agent text,
        request_id text,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`CREATE INDEX billing_audit_by_customer ON billing_audit (customer_id, id DESC)`);
    await queryRunner.query(`CREATE INDEX billing_audit_by_type ON billing_audit (event_type, id DESC)`);
    // Row triggers do not fire on TRUNCATE, so it has a statement trigger of its own.
    await queryRunner.query(`
      CREATE TRIGGER billing_audit_append_only BEFORE UPDATE OR DELETE ON billing_audit
      FOR EACH ROW EXECUTE FUNCTION refuse_change()`);
    await queryRunner.query(`
      CREATE TRIGGER billing_audit_no_truncate BEFORE TRUNCATE ON billing_audit
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE billing_audit`);
    await queryRunner.query(`DROP FUNCTION refuse_change()`);
  }
}
