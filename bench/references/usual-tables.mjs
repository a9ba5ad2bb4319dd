/** What Studio keeps about a reserve, with the keys a usual design has. */
const TABLES = `
  CREATE TABLE wallets (
    external_key text PRIMARY KEY,
    balance_micro bigint NOT NULL,
    reserved_micro bigint NOT NULL DEFAULT 0 CHECK (reserved_micro BETWEEN 0 AND balance_micro),
    seq bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 60);
  CREATE TABLE reservations (
    reservation_id uuid PRIMARY KEY,
    external_key text NOT NULL,
    amount_micro bigint NOT NULL,
    status text NOT NULL,
    ref_type text NOT NULL,
    ref_id text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
  );
  CREATE UNIQUE INDEX reservations_one_active_per_reference
    ON reservations (external_key, ref_type, ref_id) WHERE status = 'ACTIVE';
  CREATE TABLE ledger (
    external_key text NOT NULL,
    seq bigint NOT NULL,
    entry_id uuid NOT NULL,
    kind text NOT NULL,
    reserved_delta_micro bigint NOT NULL,
    balance_after_micro bigint NOT NULL,
    reserved_after_micro bigint NOT NULL,
    reservation_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (external_key, seq),
    UNIQUE (external_key, idempotency_key)
  );`;

/** The four statements of a reserve as one function: one round trip, one commit. */
const RESERVE = `
  CREATE FUNCTION reserve(key text, amount bigint, reference_type text, reference_id text, command_key text,
    OUT id uuid, OUT seq bigint, OUT created_at timestamptz, OUT expires_at timestamptz
  ) LANGUAGE plpgsql AS $body$
  DECLARE
    wallet wallets;
  BEGIN
    SELECT * INTO wallet FROM wallets w WHERE w.external_key = key FOR UPDATE;
    IF wallet.balance_micro - wallet.reserved_micro < amount THEN RAISE EXCEPTION 'insufficient credits'; END IF;
    id := gen_random_uuid();
    seq := wallet.seq + 1;
    created_at := clock_timestamp();
    expires_at := created_at + interval '1 day';
    INSERT INTO reservations VALUES (id, key, amount, 'ACTIVE', reference_type, reference_id, created_at, expires_at);
    INSERT INTO ledger VALUES (key, seq, gen_random_uuid(), 'RESERVE', amount, wallet.balance_micro,
      wallet.reserved_micro + amount, id, command_key, created_at);
    UPDATE wallets w SET reserved_micro = w.reserved_micro + amount, seq = w.seq + 1 WHERE w.external_key = key;
  END $body$;`;

const BOOKS = `
  SELECT (SELECT count(*) FROM ledger)::int AS reserves,
         (SELECT count(*) FROM reservations WHERE status = 'ACTIVE')::int AS holds, 0 AS events,
         (SELECT count(*) FROM wallets w
            LEFT JOIN (SELECT external_key, count(*) AS entries, sum(reserved_delta_micro) AS reserved
                         FROM ledger GROUP BY external_key) l USING (external_key)
           WHERE (w.seq, w.reserved_micro)
              IS DISTINCT FROM (coalesce(l.entries, 0), coalesce(l.reserved, 0)))::int AS wrong_wallets`;

/** Books as a usual service keeps them, and the question whether they balance. */
export const USUAL_TABLES = {
  books: BOOKS,
  async create(database, { firstWallet, wallets }, balanceMicro) {
    await database.query(TABLES + RESERVE);
    await database.query(
      `INSERT INTO wallets (external_key, balance_micro)
       SELECT 'v1:partner:' || number, $3 FROM generate_series($1::int, $1::int + $2::int - 1) number`,
      [firstWallet, wallets, balanceMicro],
    );
    await database.query('VACUUM (ANALYZE) wallets');
  },
};
