import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People who sign in, their sessions, and the counters that slow down guessing. */
export class CreateIdentity1700000000000 implements MigrationInterface {
  name = 'CreateIdentity1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
        name text NOT NULL,
        password_hash text NOT NULL,
        role text NOT NULL,
        active boolean NOT NULL DEFAULT true,
        client_id integer,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX users_email_unique ON users (lower(email));
      CREATE TABLE user_sessions (
        id uuid PRIMARY KEY,
        token_hash bytea NOT NULL UNIQUE,
        user_id integer NOT NULL REFERENCES users (id),
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        last_seen_at timestamptz
      );
      CREATE INDEX user_sessions_user ON user_sessions (user_id);
      CREATE TABLE login_attempts (
        key bytea PRIMARY KEY,
        window_ends_at timestamptz NOT NULL,
        attempts integer NOT NULL
      );
      CREATE INDEX login_attempts_window ON login_attempts (window_ends_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE login_attempts, user_sessions, users');
  }
}
