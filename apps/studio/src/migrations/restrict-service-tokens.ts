import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What no service token of Studio may ever be, however it was issued: V1's accounts cannot be given credits by a token
 * bound to them, and no token speaks under the names Studio keys its own commands with.
 */
export class RestrictServiceTokens1763700000640 implements MigrationInterface {
  readonly name = 'RestrictServiceTokens1763700000640';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE service_tokens
        ADD CONSTRAINT service_tokens_v1_never_manages
          CHECK (NOT ('credits:manage' = ANY (scopes) AND namespace IS NOT NULL AND starts_with(namespace, 'v1:'))),
        ADD CONSTRAINT service_tokens_client_not_reserved
          CHECK (client NOT IN ('operator', 'operator-approval', 'studio'));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE service_tokens DROP CONSTRAINT service_tokens_v1_never_manages,
        DROP CONSTRAINT service_tokens_client_not_reserved;
    `);
  }
}
