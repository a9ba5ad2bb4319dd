const STUDIO_BOOKS = `
  SELECT (SELECT count(*) FROM ledger WHERE kind = 'RESERVE')::int AS entries,
         (SELECT count(*) FROM reservations WHERE status = 'ACTIVE')::int AS holds,
         (SELECT count(*) FROM wallets w
            JOIN (SELECT account_id, count(*) AS entries, max(seq) AS head, sum(balance_delta_micro) AS balance,
                         sum(reserved_delta_micro) AS reserved
                    FROM ledger GROUP BY account_id) l USING (account_id)
            LEFT JOIN (SELECT account_id, sum(amount_micro) AS held
                         FROM reservations WHERE status = 'ACTIVE' GROUP BY account_id) r USING (account_id)
           WHERE (w.seq, w.seq, w.balance_micro, w.reserved_micro, w.reserved_micro)
              IS DISTINCT FROM (l.entries, l.head, l.balance, l.reserved, coalesce(r.held, 0)))::int AS wrong_wallets`;

const FOUR_STATEMENTS_BOOKS = `
  SELECT (SELECT count(*) FROM ledger)::int AS entries,
         (SELECT count(*) FROM reservations WHERE status = 'ACTIVE')::int AS holds,
         (SELECT count(*) FROM wallets w
            LEFT JOIN (SELECT external_key, count(*) AS entries, sum(reserved_delta_micro) AS reserved
                         FROM ledger GROUP BY external_key) l USING (external_key)
           WHERE (w.seq, w.reserved_micro)
              IS DISTINCT FROM (coalesce(l.entries, 0), coalesce(l.reserved, 0)))::int AS wrong_wallets`;

/**
 * Compares what was acknowledged with what the databases hold: one ledger row and one live hold per acknowledged
 * reserve, and every wallet equal to the sum of its rows. A fast service that loses a reserve is not fast.
 * @throws Error naming the figures that differ
 */
export async function checkBooks(world, acknowledged) {
  await compare('Studio', world.studioDatabase, STUDIO_BOOKS, acknowledged.studio);
  await compare('four statements', world.fourStatementsDatabase, FOUR_STATEMENTS_BOOKS, acknowledged.fourStatements);
}

async function compare(name, database, books, acknowledged) {
  const { rows } = await database.query(books);
  const { entries, holds, wrong_wallets: wrongWallets } = rows[0];
  if (entries === acknowledged && holds === acknowledged && wrongWallets === 0) return;
  throw new Error(
    `${name}: ${acknowledged} reserves acknowledged, ${entries} ledger rows, ${holds} live holds, ${wrongWallets} wallets that differ from their rows`,
  );
}
