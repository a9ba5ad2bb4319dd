import { Injectable } from '@nestjs/common';
import { type ExternalKey, v1Key } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import type { Tx } from '@tandem/platform/database/unit-of-work';
import { ValidationError } from '@tandem/platform/errors';
import { containsPattern } from '../../database/contains-pattern.ts';
import type { Visibility } from '../identity/visibility.ts';
import type { Assignment } from './assignment.ts';
import type { Client, Party, PartyKind } from './party.ts';

/** One page of a list in name order: rows after the cursor, one more than `limit` when there is a next page. */
export interface NamePage {
  readonly q: string | undefined;
  readonly after: { name: string; id: number } | undefined;
  readonly limit: number;
}

/** One page of a list, newest first. */
export interface IdPage {
  readonly q: string | undefined;
  readonly before: number | undefined;
  readonly limit: number;
}

/** An account the monitor shows. */
export interface MonitoredAccount {
  readonly entity_type: 'referral_channel' | 'client';
  readonly entity_id: number;
  readonly display_name: string;
  readonly external_key: ExternalKey;
}

/** Whom a document is for; the account that pays follows from it. */
export interface DocumentParties {
  readonly clientId: number | null;
  readonly partnerId: number | null;
  readonly assignmentId: number | null;
}

const PARTY_TABLES = { partner: 'partners', client: 'clients' } as const;
const PARTY_COLUMNS = `id, name, email, active, version, created_at AS "createdAt", updated_at AS "updatedAt"`;
const ASSIGNMENT_COLUMNS = `id, code, title, client_id AS "clientId", partner_id AS "partnerId", status, version,
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Reads of the directory, for its screens and for other modules. */
@Injectable()
export class DirectoryQueries {
  constructor(private readonly pool: PgPool) {}

  async partners({ q, after, limit }: NamePage): Promise<Party[]> {
    const { rows } = await this.pool.query<Party>(
      `SELECT ${PARTY_COLUMNS} FROM partners
       WHERE ($1::text IS NULL OR name ILIKE $1 OR email ILIKE $1)
         AND ($2::text IS NULL OR (name, id) > ($2, $3::int))
       ORDER BY name, id LIMIT $4`,
      [containsPattern(q), after?.name ?? null, after?.id ?? null, limit],
    );
    return rows;
  }

  async clients({ q, after, limit }: NamePage, { clientId }: Visibility): Promise<Client[]> {
    const { rows } = await this.pool.query<Client>(
      `SELECT ${PARTY_COLUMNS}, workspace_id AS "workspaceId" FROM clients
       WHERE ($1::text IS NULL OR name ILIKE $1 OR email ILIKE $1)
         AND ($2::text IS NULL OR (name, id) > ($2, $3::int))
         AND ($5::int IS NULL OR id = $5)
       ORDER BY name, id LIMIT $4`,
      [containsPattern(q), after?.name ?? null, after?.id ?? null, limit, clientId],
    );
    return rows;
  }

  async assignments({ q, before, limit }: IdPage, { clientId }: Visibility): Promise<Assignment[]> {
    const { rows } = await this.pool.query<Assignment>(
      `SELECT ${ASSIGNMENT_COLUMNS} FROM assignments
       WHERE ($1::text IS NULL OR code ILIKE $1 OR title ILIKE $1)
         AND ($2::int IS NULL OR id < $2)
         AND ($4::int IS NULL OR client_id = $4)
       ORDER BY id DESC LIMIT $3`,
      [containsPattern(q), before ?? null, limit, clientId],
    );
    return rows;
  }

  async partner(id: number): Promise<Party | null> {
    const { rows } = await this.pool.query<Party>(`SELECT ${PARTY_COLUMNS} FROM partners WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  /** Null also for a client the caller may not see. */
  async client(id: number, { clientId }: Visibility): Promise<Client | null> {
    const { rows } = await this.pool.query<Client>(
      `SELECT ${PARTY_COLUMNS}, workspace_id AS "workspaceId" FROM clients
       WHERE id = $1 AND ($2::int IS NULL OR id = $2)`,
      [id, clientId],
    );
    return rows[0] ?? null;
  }

  /** Null also for an assignment the caller may not see. */
  async assignment(id: number, { clientId }: Visibility): Promise<Assignment | null> {
    const { rows } = await this.pool.query<Assignment>(
      `SELECT ${ASSIGNMENT_COLUMNS} FROM assignments WHERE id = $1 AND ($2::int IS NULL OR client_id = $2)`,
      [id, clientId],
    );
    return rows[0] ?? null;
  }

  /** The assignment as this transaction sees it. */
  async assignmentById(tx: Tx, id: number): Promise<Assignment | null> {
    const rows = await tx.query<Assignment>(`SELECT ${ASSIGNMENT_COLUMNS} FROM assignments WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  /**
   * Checks that the rows a document refers to exist.
   * @throws ValidationError naming the fields `client_id` and `partner_id`.
   */
  async requireParties(
    tx: Tx,
    references: { clientId?: number | null | undefined; partnerId?: number | null | undefined },
  ): Promise<void> {
    const missing: { path: string; message: string }[] = [];
    for (const [kind, id] of [
      ['client', references.clientId],
      ['partner', references.partnerId],
    ] as const) {
      if (id != null && !(await this.partyExists(tx, kind, id))) {
        missing.push({ path: `${kind}_id`, message: `${kind}_id does not name a ${kind}` });
      }
    }
    if (missing.length > 0) throw new ValidationError(missing);
  }

  /**
   * Whom a new document is for. A client or partner left out (undefined) is the assignment's, null means none.
   * @throws ValidationError for what does not exist, and for an assignment of another client.
   */
  async resolveParties(
    tx: Tx,
    given: { [Party in keyof DocumentParties]?: number | null | undefined },
  ): Promise<DocumentParties> {
    await this.requireParties(tx, given);
    const assignmentId = given.assignmentId ?? null;
    const assignment = assignmentId === null ? null : await this.assignmentById(tx, assignmentId);
    if (assignmentId !== null && assignment === null) {
      throw refusedAssignment('assignment_id does not name an assignment');
    }
    const clientId = given.clientId === undefined ? (assignment?.clientId ?? null) : given.clientId;
    const partnerId = given.partnerId === undefined ? (assignment?.partnerId ?? null) : given.partnerId;
    // Work of one client on another client's document would show it to a stranger.
    if (assignment?.clientId != null && clientId !== assignment.clientId) {
      throw refusedAssignment('the assignment belongs to another client');
    }
    return { clientId, partnerId, assignmentId };
  }

  private async partyExists(tx: Tx, kind: PartyKind, id: number): Promise<boolean> {
    const rows = await tx.query(`SELECT 1 FROM ${PARTY_TABLES[kind]} WHERE id = $1`, [id]);
    return rows.length > 0;
  }

  /** Active partners by name, then active clients by name: the accounts of the Billing Monitor in its order. */
  async accountsForMonitor(): Promise<MonitoredAccount[]> {
    const { rows } = await this.pool.query<{ kind: PartyKind; id: number; name: string }>(
      `SELECT 'partner' AS kind, id, name FROM partners WHERE active
       UNION ALL
       SELECT 'client', id, name FROM clients WHERE active
       ORDER BY kind DESC, name, id`,
    );
    return rows.map(({ kind, id, name }) => ({
      entity_type: kind === 'partner' ? 'referral_channel' : 'client',
      entity_id: id,
      display_name: name,
      external_key: v1Key(kind, id),
    }));
  }
}

function refusedAssignment(message: string): ValidationError {
  return new ValidationError([{ path: 'assignment_id', message }]);
}
