/** Tables of the reference: what Studio keeps about a reserve, with the keys a usual design has. */
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

export async function createFourStatementsTables(database, wallets, balanceMicro) {
  await database.query(TABLES);
  await database.query(
    `INSERT INTO wallets (external_key, balance_micro)
     SELECT 'v1:partner:' || number, $2 FROM generate_series(1, $1::int) number`,
    [wallets, balanceMicro],
  );
  await database.query('VACUUM (ANALYZE) wallets');
}
