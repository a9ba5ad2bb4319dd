import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fromMicroCredits } from '@tandem/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { ExpireHolds } from '../../src/modules/ledger/expire-holds.ts';
import { ExpireLots } from '../../src/modules/ledger/expire-lots.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { CREDIT, newAccount, passTime } from './story.ts';

let studio: RunningStudio;
let worker: RunningStudio;
beforeAll(async () => {
  studio = await startStudio();
  worker = await startStudio({ env: { JOBS_ENABLED: 'true' } });
});
afterAll(() => Promise.all([studio?.close(), worker?.close()]));

const ACCOUNTS = 6000;
const DUE = 'wallets WHERE next_lot_expiry_at <= now()';

/** Accounts whose only lot has just ended. */
async function addDueAccounts({ pool }: RunningStudio): Promise<void> {
  const { rows } = await pool.query<{ id: string }>('SELECT gen_random_uuid() AS id FROM generate_series(1, $1)', [
    ACCOUNTS,
  ]);
  const ids = rows.map(({ id }) => id);
  const insert = (sql: string): Promise<unknown> => pool.query(`${sql} FROM unnest($1::uuid[]) id`, [ids]);
  await insert(
    `INSERT INTO accounts (account_id, external_key, enrolled_at) SELECT id, 'v1:partner:due-' || id, now()`,
  );
  await insert(
    `INSERT INTO wallets (account_id, billing_mode, balance_micro, seq, last_entry_at, next_lot_expiry_at)
     SELECT id, 'CREDIT', 1000000, 1, now() - interval '2 hours', now() - interval '1 minute'`,
  );
  await insert(
    `INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro,
                         reserved_after_micro, client, operation, idempotency_key, request_digest, effective_at, created_at)
     SELECT id, 1, gen_random_uuid(), 'GRANT', 1000000, 0, 1000000, 0, 'fill', 'grant', 'g', '\\x00',
            now() - interval '2 hours', now() - interval '2 hours'`,
  );
  await insert(
    `INSERT INTO lots SELECT id, gen_random_uuid(), 1, 'promotional', 100, now() - interval '1 minute', 1000000`,
  );
}

async function count({ pool }: RunningStudio, sql: string): Promise<number> {
  const { rows } = await pool.query<{ found: number }>(`SELECT count(*)::integer AS found FROM ${sql}`);
  return rows[0]?.found ?? 0;
}

test('while many accounts are swept and the minute comes round again, sealing still has its turn, and one sweeps', async () => {
  const addJob = (task: string): Promise<unknown> => worker.pool.query('SELECT graphile_worker.add_job($1)', [task]);
  await addDueAccounts(worker);
  for (let minute = 0; minute < 4; minute += 1) await addJob('expire-credits');
  while ((await count(worker, `ledger WHERE kind = 'LOT_EXPIRY'`)) === 0) await pause(20);
  await addJob('seal-ledger');
  while ((await count(worker, 'ledger_seal_heads')) === 0) await pause(20);
  expect(await count(worker, DUE)).toBeGreaterThan(0);
  // One sweeps; one more may just be finding that out, when the schedule's own minute comes round.
  expect(await count(worker, `graphile_worker.jobs WHERE task_identifier = 'expire-credits'`)).toBeLessThan(3);
  await worker.pool.query(`UPDATE wallets SET next_lot_expiry_at = 'infinity' WHERE next_lot_expiry_at <= now()`);
});

test('a sweep of lots ends when its time is over and leaves the rest to the next', async () => {
  await addDueAccounts(studio);
  const swept = await studio.app.get(ExpireLots).run(undefined, 300);
  expect(swept).toBeGreaterThan(0);
  expect(await count(studio, DUE)).toBe(ACCOUNTS - swept);
});

test('holds that cannot be swept keep no other waiting, however short a run is', async () => {
  const ledger = studio.app.get(CreditLedger);
  const [held, free] = [await newAccount(studio), await newAccount(studio)];
  const reserve = async (accountId: string, n: number, expiresInMinutes: number): Promise<void> => {
    const fields = { accountId, client: 'v1', amount: fromMicroCredits(CREDIT), refType: 'w', refId: `${n}` };
    await ledger.apply({ ...fields, operation: 'grant', idempotencyKey: `g${n}` });
    await ledger.apply({ ...fields, operation: 'reserve', idempotencyKey: `r${n}`, expiresInMinutes });
  };
  for (let n = 0; n < 64; n += 1) await reserve(held, n, 30);
  await reserve(free, 64, 60);
  const holder = await studio.pool.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM wallets WHERE account_id = $1 FOR UPDATE', [held]);
  await passTime(studio, 90);
  const sweep = studio.app.get(ExpireHolds);
  await expect(sweep.run(undefined, 1)).rejects.toThrow('64 holds were not swept');
  expect(await sweep.run(undefined, 1)).toBe(1);
  // At its end a run is around, and the next begins with what was left.
  await expect(sweep.run(undefined, 1)).rejects.toThrow('64 holds were not swept');
  await holder.query('ROLLBACK');
  holder.release();
});
