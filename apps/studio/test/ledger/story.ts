import { expect } from '@jest/globals';
import { fromMicroCredits } from '@tandem/contracts';
import { accountIdOf } from '../../src/modules/accounts/account-id.ts';
import type { CreditCommand } from '../../src/modules/ledger/credit-command.ts';
import type { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import type { RunningStudio } from '../start-studio.ts';
import { LedgerOracle, type OracleCommand } from './ledger-oracle.ts';
import type { OracleLot } from './lot-oracle.ts';

export const CREDIT = 1_000_000n;
const MINUTE_MS = 60_000;
const NOBODY = '00000000-0000-7000-8000-000000000000';

/** Two accounts in the database and the model of them: one that is told commands, one that receives its transfers. */
export interface Story {
  readonly accountId: string;
  readonly otherId: string;
  readonly oracle: LedgerOracle;
  readonly other: LedgerOracle;
  /** Database time of minute 0. */
  readonly began: number;
}

export type WorldChange =
  | { change: 'mode'; mode: 'POSTPAID' | 'CREDIT' }
  | { change: 'suspended'; suspended: boolean }
  | { change: 'time'; minutes: number };

let accounts = 0;

export async function newAccount(studio: RunningStudio, overdraft = 0): Promise<string> {
  const key = `v1:partner:${(accounts += 1)}` as never;
  const accountId = accountIdOf(key);
  await studio.pool.query('INSERT INTO accounts (account_id, external_key, enrolled_at) VALUES ($1, $2, now())', [
    accountId,
    key,
  ]);
  await studio.pool.query(
    `INSERT INTO wallets (account_id, billing_mode, overdraft_limit_micro) VALUES ($1, 'CREDIT', $2)`,
    [accountId, String(BigInt(overdraft) * CREDIT)],
  );
  await studio.pool.query(
    'INSERT INTO overdraft_limits (account_id, version, from_seq, limit_micro) VALUES ($1, 1, 1, $2)',
    [accountId, String(BigInt(overdraft) * CREDIT)],
  );
  return accountId;
}

/** Lets the books' clock run ahead by so many minutes, in this test's database alone. */
export async function passTime(studio: RunningStudio, minutes: number): Promise<void> {
  await studio.pool.query(`
    CREATE OR REPLACE FUNCTION ledger_clock() RETURNS timestamptz LANGUAGE plpgsql STABLE
    AS 'BEGIN RETURN clock_timestamp() + interval ''${minutes} minutes''; END'`);
}

export async function beginStory(studio: RunningStudio, overdraft: number): Promise<Story> {
  await passTime(studio, 0);
  const [accountId, otherId] = [await newAccount(studio, overdraft), await newAccount(studio)];
  const { rows } = await studio.pool.query<{ now: Date }>('SELECT ledger_clock() AS now');
  const other = new LedgerOracle();
  const oracle = new LedgerOracle(other);
  oracle.overdraft = overdraft;
  return { accountId, otherId, oracle, other, began: rows[0]!.now.getTime() };
}

export async function changeWorld(studio: RunningStudio, stories: readonly Story[], given: WorldChange): Promise<void> {
  const ids = stories.map(({ accountId }) => accountId);
  const [{ oracle, other }] = stories as [Story];
  switch (given.change) {
    case 'mode':
      oracle.mode = given.mode;
      await studio.pool.query('UPDATE wallets SET billing_mode = $2 WHERE account_id = ANY ($1)', [ids, given.mode]);
      return;
    case 'suspended':
      oracle.suspended = given.suspended;
      await studio.pool.query('UPDATE wallets SET account_status = $2 WHERE account_id = ANY ($1)', [
        ids,
        given.suspended ? 'SUSPENDED' : 'ACTIVE',
      ]);
      return;
    case 'time':
      oracle.now += given.minutes;
      other.now = oracle.now;
      await passTime(studio, oracle.now);
  }
}

/** Runs of a batch, each sent at once: a command that names a row, a hold or a shortfall begins a new one. */
export async function inOrder<Outcome>(
  batch: readonly OracleCommand[],
  send: (run: readonly OracleCommand[]) => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const runs: OracleCommand[][] = [[]];
  for (const command of batch) {
    if (['reverse', 'extend', 'recover'].includes(command.op)) runs.push([]);
    runs.at(-1)!.push(command);
  }
  const outcomes: Outcome[] = [];
  for (const run of runs) if (run.length > 0) outcomes.push(...(await send(run)));
  return outcomes;
}

export async function toCreditCommand(
  studio: RunningStudio,
  story: Pick<Story, 'accountId' | 'otherId' | 'began'>,
  command: OracleCommand,
): Promise<CreditCommand> {
  const { accountId } = story;
  const amount =
    'amount' in command && command.amount !== undefined ? fromMicroCredits(BigInt(command.amount) * CREDIT) : undefined;
  const common = { accountId, client: 'v1', operation: command.op, idempotencyKey: command.key, amount };
  const one = async (sql: string, values: unknown[]): Promise<string | undefined> =>
    (await studio.pool.query<{ found: string }>(sql, [accountId, ...values])).rows[0]?.found;
  switch (command.op) {
    case 'grant':
    case 'purchase':
      return {
        ...common,
        ...(command.op === 'purchase' ? { refType: 'purchase', refId: command.purchase } : { lotKind: command.kind }),
        lotPriority: command.priority,
        lotExpiresAt:
          command.expiresAt === undefined ? undefined : new Date(story.began + command.expiresAt * MINUTE_MS),
      };
    case 'charge':
    case 'adjust':
      return common;
    case 'transfer':
      return { ...common, toAccountId: story.otherId };
    case 'clawback':
      return { ...common, refType: 'purchase', refId: command.purchase };
    case 'reverse': {
      const seq = await one(
        `SELECT seq AS found FROM ledger
          WHERE account_id = $1 AND client = 'v1' AND operation || ' ' || idempotency_key = $2 AND leg = 0`,
        [command.undo],
      );
      return { ...common, reversesSeq: Number(seq ?? 1_000_000) };
    }
    case 'extend': {
      const [ref, acceptance] = command.hold.split(' ');
      const hold = await one(
        'SELECT reservation_id AS found FROM reservations WHERE account_id = $1 AND ref_id = $2 AND acceptance = $3',
        [ref, acceptance],
      );
      return { ...common, reservationId: hold ?? NOBODY, expiresInMinutes: command.minutes };
    }
    case 'recover': {
      const [type, ref, acceptance] = command.shortfall.split(' ');
      const shortfall = await one(
        `SELECT shortfall_id AS found FROM shortfalls
          WHERE account_id = $1 AND (ref_type = 'purchase') = ($2 = 'purchase') AND ref_id = $3 AND acceptance = $4`,
        [type, ref, acceptance],
      );
      return { ...common, shortfallId: shortfall ?? NOBODY };
    }
    default:
      return {
        ...common,
        refType: 'commission_request',
        refId: command.ref,
        acceptance: command.acceptance,
        expiresInMinutes: command.op === 'reserve' ? command.minutes : undefined,
        settleWithoutHold: command.op === 'consume' ? command.settle : undefined,
      };
  }
}

/** What is left of each lot, in a form two books can share: ids differ, kinds, places and ends do not. */
function lotsOf(oracle: LedgerOracle): string[] {
  return oracle.lots.lots
    .filter(({ free, held }) => free + held > 0)
    .map(({ kind, priority, expiresAt, free, held }: OracleLot) =>
      [kind, priority, expiresAt === Infinity ? 'never' : expiresAt, free, held].join(' '),
    )
    .sort();
}

/** The wallet, its lots and its shortfalls are the model's; and the lots, folded again from nothing, are the same. */
export async function expectAccount(
  studio: RunningStudio,
  ledger: CreditLedger,
  story: Pick<Story, 'began'> & { accountId: string },
  oracle: LedgerOracle,
): Promise<void> {
  const { accountId } = story;
  oracle.settleLots();
  await ledger.apply({ operation: 'expire_lots', client: 'studio', accountId, idempotencyKey: 'end of story' });
  const { rows: wallets } = await studio.pool.query(
    'SELECT balance_micro, reserved_micro FROM wallets WHERE account_id = $1',
    [accountId],
  );
  expect(wallets).toEqual([
    {
      balance_micro: String(BigInt(oracle.balance) * CREDIT),
      reserved_micro: String(BigInt(oracle.reserved) * CREDIT),
    },
  ]);
  const folded = await foldedLots(studio, accountId);
  expect(
    folded.lots
      .map(({ kind, priority, expires_at, free, held }) => {
        const ends = expires_at === null ? 'never' : Math.round((expires_at.getTime() - story.began) / MINUTE_MS);
        return [kind, priority, ends, free, held].join(' ');
      })
      .sort(),
  ).toEqual(lotsOf(oracle));
  expect(folded.overdraft).toBe(oracle.lots.debt);
  const { rows: shortfalls } = await studio.pool.query(
    `SELECT concat_ws(' ', CASE ref_type WHEN 'purchase' THEN 'purchase' ELSE 'work' END, ref_id, acceptance, status,
                      amount_micro / 1000000) AS text FROM shortfalls WHERE account_id = $1 ORDER BY 1`,
    [accountId],
  );
  expect(shortfalls.map((row) => (row as { text: string }).text)).toEqual(
    oracle.shortfalls.map(({ name, amount, status }) => `${name} ${status} ${amount}`).sort(),
  );
  await forgetLots(studio, accountId);
  // In steps of another size than before: how far the fold got in between must not show.
  let step: { rows_folded: number };
  do {
    const { rows } = await studio.pool.query<{ rows_folded: number }>(
      'SELECT rows_folded FROM advance_lots(ARRAY[$1::uuid], 3)',
      [accountId],
    );
    step = rows[0]!;
  } while (step.rows_folded > 0);
  expect(await foldedLots(studio, accountId)).toEqual(folded);
}

/** As if the account's lots had never been folded: they can be folded again, from its first row. */
export async function forgetLots(studio: RunningStudio, accountId: string): Promise<void> {
  for (const table of ['lot_balances', 'lot_holds', 'lot_allocations']) {
    await studio.pool.query(`DELETE FROM ${table} WHERE account_id = $1`, [accountId]);
  }
  await studio.pool.query('UPDATE lot_progress SET folded_seq = 0, overdraft_micro = 0 WHERE account_id = $1', [
    accountId,
  ]);
}

interface FoldedLots {
  readonly lots: { kind: string; priority: number; expires_at: Date | null; free: number; held: number }[];
  readonly allocations: unknown[];
  readonly holds: unknown[];
  readonly overdraft: number;
}

async function foldedLots(studio: RunningStudio, accountId: string): Promise<FoldedLots> {
  const read = async <Row>(sql: string): Promise<Row[]> =>
    (await studio.pool.query(sql, [accountId])).rows as unknown as Row[];
  await studio.pool.query('SELECT lots_at_head($1)', [accountId]);
  const [progress] = await read<{ overdraft: string }>(
    'SELECT overdraft_micro / 1000000 AS overdraft FROM lot_progress WHERE account_id = $1',
  );
  return {
    lots: await read(
      `SELECT l.lot_id, l.kind, l.priority, l.expires_at, (b.free_micro / 1000000)::integer AS free,
              (b.held_micro / 1000000)::integer AS held
         FROM lot_balances b JOIN lots l USING (account_id, lot_id)
        WHERE account_id = $1 AND free_micro + held_micro > 0 ORDER BY l.lot_id`,
    ),
    allocations: await read('SELECT * FROM lot_allocations WHERE account_id = $1 ORDER BY seq, lot_id'),
    holds: await read(
      `SELECT reservation_id, lot_id, sum(amount_micro) AS amount FROM lot_holds WHERE account_id = $1
        GROUP BY 1, 2 ORDER BY 1, 2`,
    ),
    overdraft: Number(progress?.overdraft ?? 0),
  };
}
