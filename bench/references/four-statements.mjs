// What a usual service does: a transaction per reserve that locks the wallet, inserts the hold and the movement, and
// updates the wallet. Prepared statements and a pool of 10, as Studio has; the work behind each statement is leaner.
import { randomUUID } from 'node:crypto';
import { importFromStudio } from '../lib/checkout.mjs';
import { serveReserve } from './bare-app.mjs';

const POOL_MAX = 10;
const TIME_TO_LIVE_MS = 24 * 60 * 60 * 1000;
const MICRO_PER_CREDIT = 1_000_000;

const { default: pg } = await importFromStudio('pg');
const pool = new pg.Pool({ connectionString: process.env.FOUR_STATEMENTS_DATABASE_URL, max: POOL_MAX });

const statement = (name, text) => (values) => ({ name, text, values });
const lockWallet = statement(
  'lock-wallet',
  'SELECT balance_micro, reserved_micro, seq FROM wallets WHERE external_key = $1 FOR UPDATE',
);
const insertReservation = statement(
  'insert-reservation',
  `INSERT INTO reservations (reservation_id, external_key, amount_micro, status, ref_type, ref_id, created_at, expires_at)
   VALUES ($1, $2, $3, 'ACTIVE', $4, $5, $6, $7)`,
);
const insertEntry = statement(
  'insert-entry',
  `INSERT INTO ledger (external_key, seq, entry_id, kind, reserved_delta_micro, balance_after_micro,
     reserved_after_micro, reservation_id, idempotency_key, created_at)
   VALUES ($1, $2, $3, 'RESERVE', $4, $5, $6, $7, $8, $9)`,
);
const updateWallet = statement(
  'update-wallet',
  'UPDATE wallets SET reserved_micro = $2, seq = $3 WHERE external_key = $1',
);

async function reserve(body) {
  const connection = await pool.connect();
  try {
    await connection.query('BEGIN');
    const answer = await reserveWithin(connection, body);
    await connection.query('COMMIT');
    return answer;
  } catch (error) {
    await connection.query('ROLLBACK');
    throw error;
  } finally {
    connection.release();
  }
}

async function reserveWithin(connection, { external_key: key, amount, ref_type, ref_id, idempotency_key }) {
  const { rows } = await connection.query(lockWallet([key]));
  const [wallet] = rows;
  if (!wallet) throw new Error('unknown wallet');
  const micro = BigInt(amount * MICRO_PER_CREDIT);
  const balance = BigInt(wallet.balance_micro);
  const reserved = BigInt(wallet.reserved_micro) + micro;
  if (reserved > balance) throw new Error('insufficient credits');
  const id = randomUUID();
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + TIME_TO_LIVE_MS);
  const seq = BigInt(wallet.seq) + 1n;
  await connection.query(insertReservation([id, key, micro, ref_type, ref_id, createdAt, expiresAt]));
  await connection.query(
    insertEntry([key, seq, randomUUID(), micro, balance, reserved, id, idempotency_key, createdAt]),
  );
  await connection.query(updateWallet([key, reserved, seq]));
  return {
    ...{ id, tenant_id: null, external_key: key, amount, status: 'ACTIVE', ref_type, ref_id, idempotency_key },
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    receipt: { account_seq: Number(seq), last_seal: null },
  };
}

await serveReserve(reserve, process.env.FOUR_STATEMENTS_PORT);
