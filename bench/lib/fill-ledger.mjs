import { importBuilt, importFromStudio } from './checkout.mjs';

const { default: pg } = await importFromStudio('pg');

/** Fifty rows of each wallet: a grant, holds that were charged, and one that is still open. */
const ROWS_PER_WALLET = 50;
const HOLDS_PER_WALLET = 25;
const WALLETS_PER_TRANSACTION = 1000;
/** As many as there are cores to build the rows with. */
const CONNECTIONS = 2;

const ACCOUNTS = `
  INSERT INTO accounts (account_id, external_key, enrolled_at)
  SELECT id, key, now() FROM unnest($1::uuid[], $2::text[]) w (id, key)`;

const WALLETS = `
  INSERT INTO wallets (account_id, billing_mode, balance_micro, reserved_micro, seq, last_entry_at)
  SELECT id, 'CREDIT', 500000000000000 - 24000000, 1000000, ${ROWS_PER_WALLET}, now() FROM unnest($1::uuid[]) id`;

// Hold number n is row 2n of its account, and its charge row 2n + 1; the time of a row is its place in the last weeks.
const LEDGER = `
  INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro,
    reserved_after_micro, reservation_id, ref_type, ref_id, acceptance, client, operation, idempotency_key, request_digest,
    effective_at, created_at)
  SELECT w.id, r.seq, gen_random_uuid(), CASE WHEN r.seq = 1 THEN 'GRANT' WHEN r.is_hold THEN 'RESERVE' ELSE 'CONSUME' END,
         CASE WHEN r.seq = 1 THEN 500000000000000 WHEN r.is_hold THEN 0 ELSE -1000000 END,
         CASE WHEN r.seq = 1 THEN 0 WHEN r.is_hold THEN 1000000 ELSE -1000000 END,
         500000000000000 - (r.seq - 1) / 2 * 1000000, CASE WHEN r.is_hold THEN 1000000 ELSE 0 END,
         CASE WHEN r.seq > 1 THEN md5(w.id::text || r.seq / 2)::uuid END,
         CASE WHEN r.seq > 1 THEN 'commission_request' END, CASE WHEN r.seq > 1 THEN (r.seq / 2)::text END,
         CASE WHEN r.seq > 1 THEN 1 END, 'filled',
         CASE WHEN r.seq = 1 THEN 'grant' WHEN r.is_hold THEN 'reserve' ELSE 'consume' END,
         'commission_request:' || r.seq || ':' || left(w.id::text, 8), sha256(r.seq::text::bytea), r.at, r.at
    FROM unnest($1::uuid[]) w (id)
   CROSS JOIN (SELECT seq, seq % 2 = 0 AS is_hold, now() - (51 - seq) * interval '12 hours' AS at
                 FROM generate_series(1, ${ROWS_PER_WALLET}) seq) r`;

const RESERVATIONS = `
  INSERT INTO reservations (account_id, reservation_id, amount_micro, held_micro, status, ref_type, ref_id, acceptance,
    client, idempotency_key, created_at, expires_at, resolved_at, settled_at, settled_micro)
  SELECT w.id, md5(w.id::text || n)::uuid, 1000000, CASE WHEN n = ${HOLDS_PER_WALLET} THEN 1000000 ELSE 0 END,
         CASE WHEN n = ${HOLDS_PER_WALLET} THEN 'ACTIVE' ELSE 'CONSUMED' END, 'commission_request', n::text, 1, 'filled',
         'commission_request:' || 2 * n || ':' || left(w.id::text, 8), at, now() + interval '30 days',
         CASE WHEN n < ${HOLDS_PER_WALLET} THEN at END, CASE WHEN n < ${HOLDS_PER_WALLET} THEN at END,
         CASE WHEN n < ${HOLDS_PER_WALLET} THEN 1000000 END
    FROM unnest($1::uuid[]) w (id)
   CROSS JOIN (SELECT n, now() - (51 - 2 * n) * interval '12 hours' AS at FROM generate_series(1, ${HOLDS_PER_WALLET}) n) h`;

// One lot each, folded to the head: what was charged came out of it, what is held stands in it.
const LOTS = [
  `INSERT INTO lots
   SELECT id, md5(id::text)::uuid, 1, 'promotional', 100, NULL, 500000000000000 FROM unnest($1::uuid[]) id`,
  `UPDATE lot_progress SET folded_seq = ${ROWS_PER_WALLET} WHERE account_id = ANY ($1::uuid[])`,
  `INSERT INTO lot_balances
   SELECT id, md5(id::text)::uuid, 500000000000000 - 25000000, 1000000 FROM unnest($1::uuid[]) id`,
  `INSERT INTO lot_holds (account_id, reservation_id, place, held_seq, lot_id, amount_micro)
   SELECT id, md5(id::text || ${HOLDS_PER_WALLET})::uuid, 1, ${2 * HOLDS_PER_WALLET}, md5(id::text)::uuid, 1000000
     FROM unnest($1::uuid[]) id`,
  `INSERT INTO lot_allocations
   SELECT id, seq, md5(id::text)::uuid, -1000000 FROM unnest($1::uuid[]) id, generate_series(3, ${ROWS_PER_WALLET}, 2) seq`,
];

const STATEMENTS = [WALLETS, LEDGER, RESERVATIONS, ...LOTS];

/**
 * Gives every wallet the past of a working account, folded to its head, at the pace of bulk statements: through the same
 * tables, constraints and triggers as the ledger's own writes.
 */
export async function fillLedger({ url, database }, { firstWallet, wallets }, say) {
  const { accountIdOf } = await importBuilt('apps/studio/dist/modules/accounts/account-id.js');
  // By id, so that indexes grow at their end.
  const accounts = Array.from({ length: wallets }, (_, index) => `v1:partner:${firstWallet + index}`)
    .map((key) => ({ key, id: accountIdOf(key) }))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1));
  const chunks = Array.from({ length: Math.ceil(wallets / WALLETS_PER_TRANSACTION) }, (_, index) =>
    accounts.slice(index * WALLETS_PER_TRANSACTION, (index + 1) * WALLETS_PER_TRANSACTION),
  );
  const work = async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
      say(`filling the ledger, ${chunks.length} thousand wallets to go`);
      const ids = chunk.map(({ id }) => id);
      await client.query('BEGIN');
      await client.query(ACCOUNTS, [ids, chunk.map(({ key }) => key)]);
      for (const statement of STATEMENTS) await client.query(statement, [ids]);
      await client.query('COMMIT');
    }
    await client.end();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  say('sealing the filled ledger');
  await sealLedger(database);
  // Or autovacuum would do it while the load is measured.
  say('vacuuming the filled ledger');
  await database.query('VACUUM (ANALYZE)');
}

/** As the job would have done by now, so that it has only new rows to do. */
async function sealLedger(database) {
  for (let account = '00000000-0000-0000-0000-000000000000'; account !== null;) {
    const { rows } = await database.query(`SELECT next_account FROM seal_ledger($1, '-infinity', 5000, 500, 5000)`, [
      account,
    ]);
    account = rows[0].next_account;
  }
}
