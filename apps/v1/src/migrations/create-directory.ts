import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Partners, clients and the assignments between them; a user of role publisher belongs to one client. */
export class CreateDirectory1700000001001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE partners (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL CHECK (name <> ''),
        email text,
        active boolean NOT NULL DEFAULT true,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`
      CREATE TABLE clients (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL CHECK (name <> ''),
        email text,
        active boolean NOT NULL DEFAULT true,
        workspace_id uuid NOT NULL UNIQUE,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`
      CREATE TABLE assignments (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        code text NOT NULL UNIQUE CHECK (code <> ''),
        title text NOT NULL CHECK (title <> ''),
        client_id integer REFERENCES clients (id),
        partner_id integer REFERENCES partners (id),
        status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'COMPLETED', 'CANCELLED')),
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`CREATE INDEX partners_by_name ON partners (name, id)`);
    await queryRunner.query(`CREATE INDEX clients_by_name ON clients (name, id)`);
    await queryRunner.query(`CREATE INDEX assignments_by_client ON assignments (client_id, id DESC)`);
    await queryRunner.query(`CREATE INDEX assignments_by_partner ON assignments (partner_id, id DESC)`);
    await queryRunner.query(`
      ALTER TABLE users ADD CONSTRAINT users_client_exists FOREIGN KEY (client_id) REFERENCES clients (id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE users DROP CONSTRAINT users_client_exists`);
    await queryRunner.query(`DROP TABLE assignments, clients, partners`);
  }
}
