import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { createRole } from './create-role.ts';

const SCRAM_ITERATIONS = 4096;
const WRONG_PASSWORD = '28P01';

/**
 * Makes the role a URL signs in as, as a member of a group, so that two URLs are all a first start needs. A role that is
 * there keeps its password as long as the URL's works.
 */
export async function ensureLoginRole(client: pg.Client, url: string, group: string): Promise<void> {
  const { username, password } = new URL(url);
  const name = decodeURIComponent(username);
  const { rows } = await client.query<{ exists: boolean; is_member: boolean | null }>(
    `SELECT r.oid IS NOT NULL AS exists,
            pg_has_role(r.oid, $2::name, 'MEMBER') AS is_member
       FROM (VALUES (1)) one LEFT JOIN pg_roles r ON r.rolname = $1::name`,
    [name, group],
  );
  const state = rows[0];
  if (!state) throw new Error('pg_roles was not read');
  const login = pg.escapeIdentifier(name);
  const verifier = pg.escapeLiteral(scramVerifierOf(decodeURIComponent(password)));
  if (!state.exists) await createRole(client, name, `LOGIN PASSWORD ${verifier}`);
  if (state.is_member !== true) await client.query(`GRANT ${pg.escapeIdentifier(group)} TO ${login}`);
  if (state.exists && (await isPasswordRefused(url))) await client.query(`ALTER ROLE ${login} PASSWORD ${verifier}`);
}

async function isPasswordRefused(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    await client.end();
    return false;
  } catch (error) {
    if ((error as pg.DatabaseError).code === WRONG_PASSWORD) return true;
    throw error;
  }
}

/** What the server would keep of the password (RFC 5802): so the password itself never stands in a statement or a log. */
function scramVerifierOf(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const serverKey = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
