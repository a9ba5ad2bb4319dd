import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which request made which document, so that a repeated request makes no second one. */
export class CreateCreations1763700000900 implements MigrationInterface {
  readonly name = 'CreateCreations1763700000900';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE creations (
        operation text NOT NULL CHECK (operation IN ('create_invoice', 'submit_commission')),
        document_id integer NOT NULL,
        actor text NOT NULL,
        idempotency_key text,
        request_digest text NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (operation, document_id),
        CONSTRAINT creations_one_per_key UNIQUE (operation, actor, idempotency_key)
      );
      COMMENT ON COLUMN creations.actor IS 'Whose keys they are: user:{id}, or the label of a service or job.';
      COMMENT ON COLUMN creations.idempotency_key IS 'Null: none was given; then a repeat is the same digest within seconds.';
      CREATE INDEX creations_without_key ON creations (operation, actor, request_digest, created_at)
        WHERE idempotency_key IS NULL;
      CREATE TRIGGER creations_append_only BEFORE UPDATE OR DELETE ON creations
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE creations');
  }
}
