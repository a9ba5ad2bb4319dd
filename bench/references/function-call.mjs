// One database function call per request, over a pool of 10 like Studio's: a careful service without batches. Which books
// it keeps, its own tables with one hold and one row per reserve or pgledger's, is the database's matter.
import { importFromStudio } from '../lib/checkout.mjs';
import { serveReserve } from './bare-app.mjs';

const POOL_MAX = 10;
const MICRO_PER_CREDIT = 1_000_000;

const { default: pg } = await importFromStudio('pg');
const pool = new pg.Pool({ connectionString: process.env.FUNCTION_CALL_DATABASE_URL, max: POOL_MAX });

async function reserve({ external_key: key, amount, ref_type, ref_id, idempotency_key }) {
  const { rows } = await pool.query({
    name: 'reserve',
    text: 'SELECT * FROM reserve($1, $2, $3, $4, $5)',
    values: [key, amount * MICRO_PER_CREDIT, ref_type, ref_id, idempotency_key],
  });
  const [{ id, seq, created_at, expires_at }] = rows;
  return {
    ...{ id, tenant_id: null, external_key: key, amount, status: 'ACTIVE', ref_type, ref_id, idempotency_key },
    created_at: created_at.toISOString(),
    expires_at: expires_at.toISOString(),
    receipt: { account_seq: Number(seq), last_seal: null },
  };
}

await serveReserve(reserve, process.env.FUNCTION_CALL_PORT);
