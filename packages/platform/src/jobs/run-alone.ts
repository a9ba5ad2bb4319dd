import pg from 'pg';

/**
 * Does `work` unless it is being done already, by whatever process of this database. The lock is a session's: it ends
 * with its connection, so a process that dies blocks nobody, where a named queue of the worker's stays shut for hours.
 * @returns false when somebody else is at it: nothing was done
 */
export async function runAlone(
  url: string,
  name: string,
  work: () => Promise<void>,
  onLostLock: (error: Error) => void,
): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `alone ${name}`,
    connectionTimeoutMillis: 5000,
  });
  // Without a listener a lost connection would end the process; the work goes on, since a second runner does no harm.
  client.on('error', onLostLock);
  await client.connect();
  try {
    // The server finds out within a minute that a machine is gone; by its defaults it takes hours.
    await client.query('SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3');
    const { rows } = await client.query<{ is_mine: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS is_mine',
      [`tandem job ${name}`],
    );
    if (rows[0]?.is_mine !== true) return false;
    await work();
    return true;
  } finally {
    await client.end();
  }
}
