import pg from 'pg';
import { createRole } from './create-role.ts';
import { ensureLoginRole } from './ensure-login-role.ts';
import { withAdvisoryLock } from './with-advisory-lock.ts';

/** What an application may do with its own database. Everything not named here it may read, add to and update. */
export interface ApplicationRole {
  /** Group role; the role an application signs in as is a member of it. */
  readonly name: string;
  /** Tables it deletes rows of; a name that is not there is no fault, so that a list may run ahead of a database. */
  readonly deletesFrom: readonly string[];
  /** Tables it only reads. */
  readonly readsOnly: readonly string[];
}

/** A table whose updates this trigger function meets is append-only: the one mark that triggers and rights share. */
const APPEND_ONLY_FUNCTION = 'refuse_change';
/** The bit for UPDATE in pg_trigger.tgtype. */
const ON_UPDATE = 16;
const JOBS_SCHEMA = 'graphile_worker';

interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly is_view: boolean;
  readonly is_append_only: boolean;
  readonly has_row_security: boolean;
  readonly has_policy: boolean;
}

/**
 * Gives the application exactly the rights it needs on everything there is now, and takes back what it had before. Run
 * at the end of every migration, so that no migration has to think of rights: a new table is covered, and one that
 * became append-only loses its UPDATE. In one transaction: an application at work never sees the moment between.
 *
 * @param urls.owner signs in as the owner of the tables
 * @param urls.application signs in as the application; its role is made when it is missing. Nothing happens when it is
 * the owner
 */
export async function grantApplicationRole(
  urls: { readonly owner: string; readonly application: string },
  role: ApplicationRole,
): Promise<void> {
  // One role does both: it owns the tables, and rights say nothing to an owner.
  if (new URL(urls.owner).username === new URL(urls.application).username) return;
  await withAdvisoryLock(urls.owner, 'tandem migrations', async () => {
    const client = new pg.Client({ connectionString: urls.owner, application_name: 'grant' });
    await client.connect();
    try {
      const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role.name]);
      if (rowCount === 0) await createRole(client, role.name, 'NOLOGIN');
      const relations = await readRelations(client);
      await client.query('BEGIN');
      // A waiting GRANT would make everybody else wait behind it.
      await client.query(`SET LOCAL lock_timeout = '5s'`);
      for (const statement of rightsOf(role, relations)) await client.query(statement);
      await client.query('COMMIT');
      await ensureLoginRole(client, urls.application, role.name);
    } finally {
      await client.end();
    }
  });
}

async function readRelations(client: pg.Client): Promise<Relation[]> {
  const { rows } = await client.query<Relation>(
    `SELECT n.nspname AS schema, c.relname AS name, c.relkind IN ('v', 'm') AS is_view,
            c.relrowsecurity AS has_row_security,
            EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'application') AS has_policy,
            EXISTS (SELECT 1 FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
                     WHERE t.tgrelid = c.oid AND f.proname = $1 AND t.tgtype & $3 <> 0) AS is_append_only
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname IN ('public', $2) AND c.relkind IN ('r', 'p', 'v', 'm')
      ORDER BY 1, 2`,
    [APPEND_ONLY_FUNCTION, JOBS_SCHEMA, ON_UPDATE],
  );
  return rows;
}

function rightsOf(role: ApplicationRole, relations: readonly Relation[]): string[] {
  const to = pg.escapeIdentifier(role.name);
  const schemas = [...new Set(relations.map(({ schema }) => schema))].map((schema) => pg.escapeIdentifier(schema));
  return [
    // Databases that began before PostgreSQL 15 let everybody create tables there.
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    ...schemas.flatMap((schema) => [
      `REVOKE ALL ON ALL TABLES IN SCHEMA ${schema} FROM ${to}`,
      `GRANT USAGE ON SCHEMA ${schema} TO ${to}`,
      `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${to}`,
      `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} TO ${to}`,
    ]),
    ...relations.map((relation) => `GRANT ${privilegesOn(relation, role)} ON ${nameOf(relation)} TO ${to}`),
    // The job queue lets only its owner see rows unless a policy says otherwise.
    ...relations
      .filter(({ has_row_security, has_policy }) => has_row_security && !has_policy)
      .map((relation) => `CREATE POLICY application ON ${nameOf(relation)} TO ${to} USING (true) WITH CHECK (true)`),
  ];
}

function privilegesOn(relation: Relation, role: ApplicationRole): string {
  if (relation.is_view || role.readsOnly.includes(relation.name)) return 'SELECT';
  if (relation.is_append_only) return 'SELECT, INSERT';
  const isDeletable = relation.schema === JOBS_SCHEMA || role.deletesFrom.includes(relation.name);
  return isDeletable ? 'SELECT, INSERT, UPDATE, DELETE' : 'SELECT, INSERT, UPDATE';
}

function nameOf({ schema, name }: Relation): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}
