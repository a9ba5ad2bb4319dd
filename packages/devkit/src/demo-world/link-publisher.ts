import pg from 'pg';

/**
 * Gives the demo publisher the one client it belongs to, so that there is something to see. Users have no API yet; the
 * start makes them before there are clients.
 */
export async function linkPublisher(databaseUrl: string, email: string, clientId: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query('UPDATE users SET client_id = $2 WHERE email = $1 AND client_id IS NULL', [email, clientId]);
  } finally {
    await client.end();
  }
}
