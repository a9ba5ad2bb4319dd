/** Accounts, transfers and entries the way pgledger has them: a hold is a transfer between two accounts of a customer. */
const TABLES = `
  CREATE TABLE accounts (
    id text PRIMARY KEY,
    name text NOT NULL,
    currency text NOT NULL,
    balance numeric NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    allow_negative_balance boolean NOT NULL,
    allow_positive_balance boolean NOT NULL,
    metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE transfers (
    id text PRIMARY KEY,
    from_account_id text NOT NULL REFERENCES accounts,
    to_account_id text NOT NULL REFERENCES accounts,
    amount numeric NOT NULL CHECK (amount > 0),
    event_at timestamptz NOT NULL,
    metadata jsonb,
    created_at timestamptz NOT NULL,
    CHECK (from_account_id <> to_account_id)
  );
  CREATE INDEX ON transfers (from_account_id);
  CREATE INDEX ON transfers (to_account_id);
  -- pgledger has no keys of its own for repeats; a service needs one.
  CREATE UNIQUE INDEX transfers_one_effect_per_key ON transfers (from_account_id, (metadata ->> 'idempotency_key'));
  CREATE TABLE entries (
    id text PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts,
    transfer_id text NOT NULL REFERENCES transfers,
    amount numeric NOT NULL,
    account_previous_balance numeric NOT NULL,
    account_current_balance numeric NOT NULL,
    account_version bigint NOT NULL,
    created_at timestamptz NOT NULL
  );
  CREATE INDEX ON entries (account_id);
  CREATE INDEX ON entries (transfer_id);`;

const RESERVE = `
  CREATE FUNCTION reserve(key text, moved bigint, reference_type text, reference_id text, command_key text,
    OUT id text, OUT seq bigint, OUT created_at timestamptz, OUT expires_at timestamptz
  ) LANGUAGE plpgsql AS $body$
  DECLARE
    source text := key || ':available';
    target text := key || ':reserved';
    source_row accounts;
    target_row accounts;
  BEGIN
    id := 'pglt_' || gen_random_uuid();
    created_at := clock_timestamp();
    expires_at := created_at + interval '1 day';
    -- Sorted: two transfers between the same accounts then wait and never deadlock.
    PERFORM FROM accounts a WHERE a.id IN (source, target) ORDER BY a.id FOR UPDATE;
    INSERT INTO transfers VALUES (id, source, target, moved, created_at,
      jsonb_build_object('ref_type', reference_type, 'ref_id', reference_id, 'idempotency_key', command_key), created_at);
    UPDATE accounts a SET balance = a.balance - moved, version = a.version + 1, updated_at = reserve.created_at
     WHERE a.id = source RETURNING * INTO source_row;
    UPDATE accounts a SET balance = a.balance + moved, version = a.version + 1, updated_at = reserve.created_at
     WHERE a.id = target RETURNING * INTO target_row;
    IF source_row.balance < 0 AND NOT source_row.allow_negative_balance THEN RAISE EXCEPTION 'insufficient credits'; END IF;
    INSERT INTO entries VALUES
      ('pgle_' || gen_random_uuid(), source, id, -moved, source_row.balance + moved, source_row.balance, source_row.version, created_at),
      ('pgle_' || gen_random_uuid(), target, id, moved, target_row.balance - moved, target_row.balance, target_row.version, created_at);
    seq := source_row.version;
  END $body$;`;

const BOOKS = `
  SELECT (SELECT count(*) FROM transfers)::int AS reserves, (SELECT count(*) / 2 FROM entries)::int AS holds, 0 AS events,
         (SELECT count(*) FROM accounts a
            LEFT JOIN (SELECT account_id, sum(amount) AS moved FROM entries GROUP BY account_id) e ON e.account_id = a.id
           WHERE a.balance <> coalesce(e.moved, 0)
             + CASE WHEN a.id LIKE '%:available' THEN (a.metadata ->> 'opening')::numeric ELSE 0 END)::int AS wrong_wallets`;

/** Double-entry books in the style of pgledger, and the question whether they balance. */
export const PGLEDGER_TABLES = {
  books: BOOKS,
  async create(database, { firstWallet, wallets }, balanceMicro) {
    await database.query(TABLES + RESERVE);
    await database.query(
      `INSERT INTO accounts (id, name, currency, balance, allow_negative_balance, allow_positive_balance, metadata)
       SELECT 'v1:partner:' || number || side, side, 'CREDIT', CASE side WHEN ':available' THEN $3::numeric ELSE 0 END,
              false, true, jsonb_build_object('opening', $3::numeric)
         FROM generate_series($1::int, $1::int + $2::int - 1) number, unnest(ARRAY[':available', ':reserved']) side`,
      [firstWallet, wallets, balanceMicro],
    );
    await database.query('VACUUM (ANALYZE) accounts');
  },
};
