import pg from 'pg';

/**
 * Runs `work` while holding a lock of the whole database, so that processes started together do it one after the other.
 * The lock ends with its connection, also when this process dies.
 */
export async function withAdvisoryLock<T>(url: string, name: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: `lock ${name}` });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name]);
    return await work();
  } finally {
    await client.end();
  }
}
