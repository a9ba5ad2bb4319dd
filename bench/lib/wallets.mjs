import { createHash } from 'node:crypto';
import { importBuilt } from './checkout.mjs';

/** Wallets of the spread load. The hot wallet is the next one. */
export const SPREAD_WALLETS = 10_000;
export const HOT_WALLET = SPREAD_WALLETS + 1;
export const ALL_WALLETS = SPREAD_WALLETS + 1;

/** A billion credits each: no benchmark runs dry. */
export const BALANCE_MICRO = 1_000_000_000_000_000n;

/** Enrols `v1:partner:1` and so on in Studio's tables, in CREDIT mode, each with one grant in its ledger. */
export async function enrolWallets(database) {
  const { accountIdOf } = await importBuilt('apps/studio/dist/modules/accounts/account-id.js');
  const keys = Array.from({ length: ALL_WALLETS }, (_, index) => `v1:partner:${index + 1}`);
  const ids = keys.map((key) => accountIdOf(key));
  const digest = createHash('sha256').update('benchmark').digest();
  await database.query(
    `INSERT INTO accounts (account_id, external_key, enrolled_at)
     SELECT id, key, now() FROM unnest($1::uuid[], $2::text[]) wallet (id, key)`,
    [ids, keys],
  );
  await database.query(
    `INSERT INTO wallets (account_id, billing_mode, balance_micro, seq, last_entry_at)
     SELECT id, 'CREDIT', $2, 1, now() FROM unnest($1::uuid[]) id`,
    [ids, BALANCE_MICRO],
  );
  await database.query(
    `INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro,
       balance_after_micro, reserved_after_micro, client, operation, idempotency_key, request_digest, effective_at, created_at)
     SELECT id, 1, gen_random_uuid(), 'GRANT', $2, 0, $2, 0, 'benchmark', 'grant', 'benchmark', $3, now(), now()
       FROM unnest($1::uuid[]) id`,
    [ids, BALANCE_MICRO, digest],
  );
  await database.query('VACUUM (ANALYZE) accounts, wallets, ledger');
}
