/**
 * Reserves and events Studio's tables hold, and wallets that are not the sum of their rows and holds. Holds count whatever
 * became of them since: some benchmarks let them run out.
 */
export const STUDIO_BOOKS = `
  SELECT (SELECT count(*) FROM ledger WHERE kind = 'RESERVE' AND client <> 'filled')::int AS reserves,
         (SELECT count(*) FROM reservations WHERE client <> 'filled')::int AS holds,
         (SELECT count(*) FROM billing_events)::int AS events,
         (SELECT count(*) FROM wallets w
            JOIN (SELECT account_id, count(*) AS entries, max(seq) AS head, sum(balance_delta_micro) AS balance,
                         sum(reserved_delta_micro) AS reserved
                    FROM ledger GROUP BY account_id) l USING (account_id)
            LEFT JOIN (SELECT account_id, sum(held_micro) AS held
                         FROM reservations WHERE status = 'ACTIVE' GROUP BY account_id) r USING (account_id)
           WHERE (w.seq, w.seq, w.balance_micro, w.reserved_micro, w.reserved_micro)
              IS DISTINCT FROM (l.entries, l.head, l.balance, l.reserved, coalesce(r.held, 0)))::int AS wrong_wallets`;

/**
 * Compares what was acknowledged with what the databases hold: one ledger row and one hold per acknowledged reserve, one
 * row per event, and every wallet equal to the sum of its rows. A fast service that loses a reserve is not fast.
 * @param stands `{ name, database, books, acknowledged }` each
 * @returns how many reserves and events were found
 * @throws Error naming the figures that differ
 */
export async function checkBooks(stands) {
  let found = 0;
  for (const { name, database, books, acknowledged } of stands) {
    const { rows } = await database.query(books);
    const { reserves, holds, events, wrong_wallets: wrongWallets } = rows[0];
    const isSound =
      reserves === acknowledged.reserves && holds === acknowledged.reserves && events === acknowledged.events;
    if (!isSound || wrongWallets > 0) {
      throw new Error(
        `${name}: ${acknowledged.reserves} reserves and ${acknowledged.events} events acknowledged, ${reserves} ledger ` +
          `rows, ${holds} holds, ${events} events, ${wrongWallets} wallets that differ from their rows`,
      );
    }
    found += reserves + events;
  }
  return found;
}
