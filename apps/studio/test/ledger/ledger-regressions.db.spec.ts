import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { fromMicroCredits } from '@tandem/contracts';
import { PgPool } from '@tandem/platform/database/pool';
import { LEDGER_INVARIANTS } from '../../src/modules/invariants/ledger-invariants.ts';
import { CreditBatch, type CreditBatchRow } from '../../src/modules/ledger/credit-batch.ts';
import type { CommandOutcome, CreditCommand, CreditOperation } from '../../src/modules/ledger/credit-command.ts';
import { AdvanceLots } from '../../src/modules/ledger/advance-lots.ts';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { ExpireHolds } from '../../src/modules/ledger/expire-holds.ts';
import { ExpireLots } from '../../src/modules/ledger/expire-lots.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { expectSoundLedger } from './expect-sound-ledger.ts';
import { CREDIT, forgetLots, newAccount, passTime } from './story.ts';

/** Faults that were found once, each told as short as it can be. */
let studio: RunningStudio;
let keys = 0;
beforeAll(async () => {
  studio = await startStudio();
});
beforeEach(() => passTime(studio, 0));
afterAll(async () => {
  await studio.app.get(ExpireHolds).run();
  await studio.app.get(ExpireLots).run();
  await expectSoundLedger(studio.pool);
  await studio.close();
});

const purchase = { refType: 'payment_intent', refId: 'pi_1' };
const credits = (amount: number): CreditCommand['amount'] => fromMicroCredits(BigInt(amount) * CREDIT);
const inMinutes = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);

/** One command under a fresh key. */
function apply(
  accountId: string,
  operation: CreditOperation,
  { credits: amount, ...fields }: Partial<CreditCommand> & { credits?: number } = {},
): Promise<CommandOutcome> {
  return studio.app.get(CreditLedger).apply({
    accountId,
    operation,
    client: 'v1',
    idempotencyKey: `k${(keys += 1)}`,
    ...(operation === 'reserve' && { expiresInMinutes: 1440 }),
    ...(amount !== undefined && { amount: credits(amount) }),
    ...fields,
  });
}

async function shortfallsOf(accountId: string): Promise<string[]> {
  const { rows } = await studio.pool.query<{ text: string }>(
    `SELECT status || ' ' || amount_micro / 1000000 AS text FROM shortfalls WHERE account_id = $1 ORDER BY created_at`,
    [accountId],
  );
  return rows.map((row) => row.text);
}

async function balanceOf(accountId: string): Promise<number> {
  const { rows } = await studio.pool.query<{ credits: string }>(
    'SELECT balance_micro / 1000000 AS credits FROM wallets WHERE account_id = $1',
    [accountId],
  );
  return Number(rows[0]?.credits);
}

test('a purchase is taken back once: what a clawback asked for is not undone as well, and nothing more is claimed', async () => {
  const a = await newAccount(studio);
  const bought = await apply(a, 'purchase', { ...purchase, credits: 10 });
  const charge = await apply(a, 'charge', { credits: 10 });
  await apply(a, 'clawback', purchase);
  await apply(a, 'reverse', { reversesSeq: Number(charge.seq) });
  const refused = { outcome: 'REFUSED', code: 'REVERSAL_EXCEEDS_ENTRY' };
  expect(await apply(a, 'reverse', { reversesSeq: Number(bought.seq) })).toMatchObject(refused);
  expect(await apply(a, 'clawback', purchase)).toMatchObject(refused);
  expect(await shortfallsOf(a)).toEqual(['OPEN 10']);
});

test('a hold and a delivery are settled whatever shortfalls clawbacks left under the same reference', async () => {
  const a = await newAccount(studio);
  await apply(a, 'purchase', { ...purchase, credits: 10 });
  const hold = await apply(a, 'reserve', { refType: 'w', refId: '1', credits: 10 });
  await apply(a, 'consume', { ...purchase, acceptance: 2, credits: 5, settleWithoutHold: true });
  expect(await apply(a, 'clawback', purchase)).toMatchObject({ outcome: 'PENDING' });
  const reservationId = hold.reservation?.reservation_id;
  expect(await apply(a, 'consume', { reservationId })).toMatchObject({ outcome: 'POSTED' });
  const late = await apply(a, 'consume', { ...purchase, acceptance: 1, credits: 5, settleWithoutHold: true });
  expect(late).toMatchObject({ outcome: 'SHORTFALL' });
});

test('holds no lot covers are covered in the order of their rows: a fold from nothing says what the stored one says', async () => {
  const a = await newAccount(studio, 20);
  const reserve = (refId: string): CreditCommand => ({
    accountId: a,
    operation: 'reserve',
    client: 'v1',
    idempotencyKey: refId,
    amount: credits(10),
    refType: 'w',
    refId,
    expiresInMinutes: 600,
  });
  // Two replicas: the batch made first gets the wallet's lock second, so its hold has the lower id and the later row.
  const [late, early] = [new CreditBatch([reserve('late')]), new CreditBatch([reserve('early')])];
  for (const batch of [early, late]) {
    const { rows } = await studio.pool.query<CreditBatchRow & Record<string, unknown>>(batch.query());
    expect(batch.outcomes(rows)[0]).toMatchObject({ outcome: 'POSTED' });
  }
  await studio.pool.query('SELECT advance_lots(ARRAY[$1::uuid], 1000)', [a]);
  await apply(a, 'grant', { credits: 10, lotExpiresAt: inMinutes(60) });
  await studio.pool.query('SELECT advance_lots(ARRAY[$1::uuid], 1000)', [a]);
  await passTime(studio, 90);
  await apply(a, 'release', { refType: 'w', refId: 'late' });
  await apply(a, 'release', { refType: 'w', refId: 'early' });
  await studio.pool.query('SELECT lots_at_head($1)', [a]);
  const stored = await lotsOf(a);
  await forgetLots(studio, a);
  await studio.pool.query('SELECT lots_at_head($1)', [a]);
  expect(await lotsOf(a)).toEqual(stored);
});

async function lotsOf(accountId: string): Promise<unknown> {
  const read = async (sql: string): Promise<unknown[]> => (await studio.pool.query(sql, [accountId])).rows;
  return [
    await read('SELECT seq, lot_id, amount_micro FROM lot_allocations WHERE account_id = $1 ORDER BY seq, lot_id'),
    await read('SELECT lot_id, free_micro, held_micro FROM lot_balances WHERE account_id = $1 ORDER BY lot_id'),
    await read('SELECT folded_seq, overdraft_micro FROM lot_progress WHERE account_id = $1'),
  ];
}

test('a recovery is not undone by a reversal: the debt would be lost', async () => {
  const a = await newAccount(studio);
  const short = await apply(a, 'consume', { refType: 'w', refId: '1', credits: 5, settleWithoutHold: true });
  await apply(a, 'grant', { credits: 5 });
  const recovery = await apply(a, 'recover', { shortfallId: short.shortfall?.shortfall_id });
  const undone = await apply(a, 'reverse', { reversesSeq: Number(recovery.seq) });
  expect(undone).toMatchObject({ outcome: 'REFUSED', code: 'ENTRY_NOT_REVERSIBLE' });
  expect(await shortfallsOf(a)).toEqual(['RECOVERED 5']);
});

test('a dispute that was won ends its claim: nothing more is taken when the hold ends, nothing is asked for', async () => {
  const a = await newAccount(studio);
  await apply(a, 'purchase', { ...purchase, credits: 10 });
  await apply(a, 'charge', { credits: 1 });
  await apply(a, 'reserve', { refType: 'w', refId: '1', credits: 6 });
  const clawed = await apply(a, 'clawback', purchase);
  expect(clawed).toMatchObject({ outcome: 'POSTED', shortfall: { amount_micro: '1000000' } });
  await apply(a, 'reverse', { reversesSeq: Number(clawed.seq) });
  await apply(a, 'release', { refType: 'w', refId: '1' });
  expect([await balanceOf(a), await shortfallsOf(a)]).toEqual([9, ['WAIVED 1']]);
  expect(await apply(a, 'clawback', purchase)).toMatchObject({ outcome: 'POSTED' });
  expect([await balanceOf(a), await shortfallsOf(a)]).toEqual([0, ['WAIVED 1', 'OPEN 1']]);
});

test('bought credits that ended unused were not spent: there is nothing to take back and nothing to ask for', async () => {
  const a = await newAccount(studio);
  await apply(a, 'purchase', { ...purchase, credits: 10, lotExpiresAt: inMinutes(60) });
  await passTime(studio, 90);
  expect(await apply(a, 'clawback', purchase)).toMatchObject({ outcome: 'REFUSED', code: 'REVERSAL_EXCEEDS_ENTRY' });
  expect(await shortfallsOf(a)).toEqual([]);
});

test('what the ledger accepts no rule calls broken, also at the limits of wallet and overdraft', async () => {
  const a = await newAccount(studio, 1_000_000_000);
  const outcomes: string[] = [];
  for (let n = 0; n < 9; n += 1) outcomes.push((await apply(a, 'grant', { credits: 1_000_000_000 })).outcome);
  expect(outcomes).toEqual([...Array<string>(8).fill('POSTED'), 'REFUSED']);
  for (let n = 0; n < 9; n += 1) {
    const held = await apply(a, 'reserve', { refType: 'w', refId: `${n}`, credits: 1_000_000_000 });
    expect(held.outcome).toBe('POSTED');
  }
  const l18 = LEDGER_INVARIANTS.find(({ name }) => name === 'L18');
  expect((await studio.pool.query(l18?.sql ?? '', [a, a])).rows).toEqual([]);
});

test('one wallet that somebody holds keeps neither the lots nor the holds of others from ending', async () => {
  const accounts: string[] = [];
  for (let n = 0; n < 20; n += 1) {
    const a = await newAccount(studio);
    await apply(a, 'grant', { credits: 2, lotExpiresAt: inMinutes(60 + n) });
    await apply(a, 'reserve', { refType: 'w', refId: '1', credits: 1, expiresInMinutes: 30 });
    accounts.push(a);
  }
  await passTime(studio, 200);
  const holder = await studio.pool.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM wallets WHERE account_id = $1 FOR UPDATE', [accounts[0]]);
  await expect(studio.app.get(ExpireHolds).run()).rejects.toThrow('1 holds were not swept');
  await expect(studio.app.get(ExpireLots).run()).rejects.toThrow('lots of 1 accounts were not swept');
  await holder.query('ROLLBACK');
  holder.release();
  const { rows } = await studio.pool.query<{ left: number }>(
    `SELECT count(*)::integer AS left FROM wallets WHERE account_id = ANY ($1) AND balance_micro > 0`,
    [accounts],
  );
  expect(rows).toEqual([{ left: 1 }]);
});

test('every account is folded in its turn, however many others are busy', async () => {
  const quiet = await newAccount(studio);
  await apply(quiet, 'grant', { credits: 10 });
  const busy: string[] = [];
  for (let n = 0; n < 520; n += 1) {
    const a = await newAccount(studio);
    busy.push(a);
  }
  await Promise.all(busy.map((a) => apply(a, 'grant', { credits: 10, lotExpiresAt: inMinutes(600) })));
  for (let run = 0; run < 4; run += 1) {
    await Promise.all(busy.map((a) => apply(a, 'charge', { credits: 1 })));
    await studio.app.get(AdvanceLots).run();
  }
  const { rows } = await studio.pool.query('SELECT folded_seq FROM lot_progress WHERE account_id = $1', [quiet]);
  expect(rows).toEqual([{ folded_seq: '1' }]);
}, 60_000);

test('an account that is written as fast as it is folded keeps no other from its turn', async () => {
  const [busy, quiet] = [await newAccount(studio), await newAccount(studio)].sort() as [string, string];
  for (const a of [busy, quiet]) await apply(a, 'grant', { credits: 10 });
  const pool = studio.app.get(PgPool);
  const writeMore = (): Promise<unknown> =>
    studio.pool.query(
      `WITH w AS (
         UPDATE wallets SET seq = seq + 1000, balance_micro = balance_micro - 1000 WHERE account_id = $1
         RETURNING account_id, seq - 1000 AS seq, balance_micro + 1000 AS balance)
       INSERT INTO ledger (account_id, seq, entry_id, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro,
         reserved_after_micro, client, operation, idempotency_key, request_digest, effective_at, created_at)
       SELECT account_id, seq + n, gen_random_uuid(), 'CHARGE', -1, 0, balance - n, 0, 'v1', 'charge', 'more-' || seq + n, '',
              now(), now()
         FROM w, generate_series(1, 1000) n`,
      [busy],
    );
  const fast = {
    async query(sql: string, values: unknown[]) {
      const answer = await pool.query(sql, values);
      if (sql.includes('advance_lots') && (values[0] as string[]).includes(busy)) await writeMore();
      return answer;
    },
  };
  await writeMore();
  const job = new AdvanceLots(fast as PgPool);
  for (let run = 0; run < 3; run += 1) await job.run();
  const { rows } = await studio.pool.query('SELECT folded_seq FROM lot_progress WHERE account_id = $1', [quiet]);
  expect(rows).toEqual([{ folded_seq: '1' }]);
}, 60_000);

test('the tables of the fold may be emptied: what needs lots folds them again', async () => {
  const [a, b] = [await newAccount(studio), await newAccount(studio)];
  await apply(a, 'grant', { credits: 10, lotExpiresAt: inMinutes(60) });
  await apply(a, 'grant', { credits: 10 });
  await apply(a, 'charge', { credits: 1 });
  for (const table of ['lot_allocations', 'lot_holds', 'lot_balances', 'lot_progress']) {
    await studio.pool.query(`DELETE FROM ${table} WHERE account_id = $1`, [a]);
  }
  await passTime(studio, 90);
  expect(await apply(a, 'reserve', { credits: 10, refType: 'w', refId: 'x' })).toMatchObject({ outcome: 'POSTED' });
  expect(await balanceOf(a)).toBe(10);
  await apply(a, 'release', { refType: 'w', refId: 'x' });
  expect(await apply(a, 'transfer', { credits: 1, toAccountId: b })).toMatchObject({ outcome: 'POSTED' });
});
