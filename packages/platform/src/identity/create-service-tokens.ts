import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Credentials of other programs. Only a hash of the secret is kept. */
export class CreateServiceTokens1700000000001 implements MigrationInterface {
  name = 'CreateServiceTokens1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE service_tokens (
        id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
        client text NOT NULL CHECK (length(client) BETWEEN 1 AND 64),
        secret_hash bytea NOT NULL,
        scopes text[] NOT NULL,
        namespace text,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        replaced_by text REFERENCES service_tokens
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE service_tokens');
  }
}
