import pg from 'pg';

/**
 * Moves invoices into the past, so that some are overdue: nothing can be issued late, and a demo cannot wait. The
 * database protects what an issued invoice says; only its owner can look away, which is why this is SQL and not a call.
 * With a server of one's own and an ordinary user these invoices stay due in fifteen days.
 */
export async function backdateInvoices(databaseUrl: string, days: ReadonlyMap<number, number>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ is_superuser: string }>('SHOW is_superuser');
    if (rows[0]?.is_superuser !== 'on') return;
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    for (const [id, daysAgo] of days) {
      // Once only: an invoice that has been moved is not of today any more.
      await client.query(
        `UPDATE invoices SET issued_date = issued_date - $2::int, due_date = due_date - $2::int
          WHERE id = $1 AND issued_date = (created_at AT TIME ZONE 'UTC')::date`,
        [id, daysAgo],
      );
    }
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}
