import { createHash } from 'node:crypto';
import { importBuilt } from './checkout.mjs';

/** Wallets of the spread load, in every database of a benchmark. */
export const SPREAD = { firstWallet: 1, wallets: 10_000 };
/** One wallet that everybody wants. */
export const HOT = { firstWallet: 10_001, wallets: 1 };
/** One more, for those who want more than it has. */
export const SHORT = { firstWallet: 10_002, wallets: 1 };
/** Wallets of ordinary accounts, with one lot each. */
export const ORDINARY = { firstWallet: 1, wallets: 10_002 };

/** Half a billion credits each: no benchmark runs dry. */
export const BALANCE_MICRO = 500_000_000_000_000;

/**
 * Enrols `v1:partner:<number>` in Studio's tables, in CREDIT mode, as grants through the ledger would have left them:
 * each with `lots` equal lots that are folded already, ending at `endsAt` and a day apart from there, or never.
 */
export async function enrolWallets(database, { firstWallet, wallets }, { lots = 1, endsAt = null } = {}) {
  const { accountIdOf } = await importBuilt('apps/studio/dist/modules/accounts/account-id.js');
  const keys = Array.from({ length: wallets }, (_, index) => `v1:partner:${firstWallet + index}`);
  const ids = keys.map((key) => accountIdOf(key));
  const digest = createHash('sha256').update('benchmark').digest();
  const lotMicro = BALANCE_MICRO / lots;
  await database.query(
    `INSERT INTO accounts (account_id, external_key, enrolled_at)
     SELECT id, key, now() FROM unnest($1::uuid[], $2::text[]) wallet (id, key)`,
    [ids, keys],
  );
  await database.query(
    `INSERT INTO wallets (account_id, billing_mode, balance_micro, seq, last_entry_at, next_lot_expiry_at)
     SELECT id, 'CREDIT', $2::bigint * $3, $3, now(), $4::timestamptz FROM unnest($1::uuid[]) id`,
    [ids, lotMicro, lots, endsAt],
  );
  await database.query(
    `WITH granted AS (
       INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro,
         balance_after_micro, reserved_after_micro, client, operation, idempotency_key, request_digest, effective_at, created_at)
       SELECT id, seq, gen_random_uuid(), 'GRANT', $2, 0, $2::bigint * seq, 0, 'benchmark', 'grant', 'benchmark-' || seq, $4,
              now(), now()
         FROM unnest($1::uuid[]) id, generate_series(1, $3::int) seq
       RETURNING account_id, entry_id, seq
     )
     INSERT INTO lots
     SELECT account_id, entry_id, seq, 'promotional', 100, $5::timestamptz + (seq - 1) * interval '1 day', $2
       FROM granted`,
    [ids, lotMicro, lots, digest, endsAt],
  );
  await database.query('SELECT count(*) FROM advance_lots($1::uuid[], 1000)', [ids]);
  await database.query('VACUUM (ANALYZE)');
}
