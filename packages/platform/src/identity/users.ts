import { DomainError, ValidationError } from '../errors.ts';
import { isUniqueViolation } from '../database/postgres-error.ts';
import type { PgPool } from '../database/pool.ts';
import type { Passwords } from './passwords.ts';

/** A user as administrators see it. */
export interface User {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  readonly active: boolean;
  readonly client_id: number | null;
  readonly version: number;
  readonly created_at: Date;
}

const COLUMNS = 'id, email, name, role, active, client_id, version, created_at';

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly password: string;
  readonly role: string;
  readonly clientId?: number | null;
}

/** People who may sign in. */
export class Users {
  constructor(
    private readonly pool: PgPool,
    private readonly passwords: Passwords,
    private readonly roles: readonly string[],
  ) {}

  /** @throws ValidationError for an unknown role or a weak password; DomainError `already_exists` for a known e-mail. */
  async create(user: NewUser): Promise<User> {
    this.checkRole(user.role);
    const passwordHash = await this.passwords.hash(user.password);
    try {
      const { rows } = await this.pool.query<User>(
        `INSERT INTO users (email, name, password_hash, role, client_id) VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
        [user.email.trim(), user.name, passwordHash, user.role, user.clientId ?? null],
      );
      return rows[0] as User;
    } catch (error) {
      if (!isUniqueViolation(error, 'users_email_unique')) throw error;
      throw new DomainError('already_exists', 'A user with this e-mail address exists already.');
    }
  }

  async findByEmail(email: string): Promise<User | null> {
    const { rows } = await this.pool.query<User>(`SELECT ${COLUMNS} FROM users WHERE lower(email) = lower($1)`, [
      email.trim(),
    ]);
    return rows[0] ?? null;
  }

  async list(): Promise<User[]> {
    const { rows } = await this.pool.query<User>(`SELECT ${COLUMNS} FROM users ORDER BY id`);
    return rows;
  }

  /**
   * Changes role, state or client of a user; sessions see it within two seconds.
   *
   * @throws DomainError `not_found`, or `stale_version` when somebody else changed the user meanwhile.
   */
  async update(
    id: number,
    version: number,
    change: { readonly role: string; readonly active: boolean; readonly clientId: number | null },
  ): Promise<User> {
    this.checkRole(change.role);
    const { rows } = await this.pool.query<User>(
      `UPDATE users SET role = $3, active = $4, client_id = $5, version = version + 1
       WHERE id = $1 AND version = $2 RETURNING ${COLUMNS}`,
      [id, version, change.role, change.active, change.clientId],
    );
    if (rows[0] !== undefined) return rows[0];
    const known = await this.pool.query('SELECT 1 FROM users WHERE id = $1', [id]);
    if (known.rows.length === 0) throw new DomainError('not_found', 'There is no such user.');
    throw new DomainError('stale_version', 'Somebody else changed this user; load it again.');
  }

  /** Replaces a password; the caller revokes the user's sessions. */
  async setPassword(id: number, password: string): Promise<void> {
    const passwordHash = await this.passwords.hash(password);
    await this.pool.query('UPDATE users SET password_hash = $2, version = version + 1 WHERE id = $1', [
      id,
      passwordHash,
    ]);
  }

  /** The active user behind these credentials, or null; both refusals take the same time. */
  async authenticate(email: string, password: string): Promise<User | null> {
    const { rows } = await this.pool.query<User & { password_hash: string }>(
      `SELECT ${COLUMNS}, password_hash FROM users WHERE lower(email) = lower($1) AND active`,
      [email.trim()],
    );
    const found = rows[0];
    const isRight = await this.passwords.verify(found?.password_hash ?? null, password);
    if (!isRight || found === undefined) return null;
    const { password_hash: _, ...user } = found;
    return user;
  }

  private checkRole(role: string): void {
    if (this.roles.includes(role)) return;
    throw new ValidationError([{ path: 'role', message: `role must be one of ${this.roles.join(', ')}` }]);
  }
}
