import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fromMicroCredits, type AccountStatus, type Explanation, type LotsPage } from '@tandem/contracts';
import fc from 'fast-check';
import type { Agent } from 'supertest';
import type { CreditCommand } from '../../src/modules/ledger/credit-command.ts';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { ExpireHolds } from '../../src/modules/ledger/expire-holds.ts';
import { ExpireLots } from '../../src/modules/ledger/expire-lots.ts';
import { ReadLots } from '../../src/modules/lots/read-lots.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { expectSoundLedger } from './expect-sound-ledger.ts';
import type { OracleCommand } from './ledger-oracle.ts';
import { beginStory, changeWorld, CREDIT, toCreditCommand, type Story } from './story.ts';

let studio: RunningStudio;
let ledger: CreditLedger;
let service: Agent;

beforeAll(async () => {
  studio = await startStudio();
  ledger = studio.app.get(CreditLedger);
  service = studio.as(await studio.serviceToken());
});
afterAll(() => studio.close());

const key = fc.nat({ max: 1_000_000 }).map((n) => `k${n}`);
const ref = fc.constantFrom('1', '2', '3');
const amount = fc.integer({ min: 1, max: 8 });
const someOrAll = fc.option(amount, { nil: undefined });
const purchase = fc.constantFrom('p1', 'p2');
/** Minutes from the moment of the credit: no lot comes after its own end. */
const lotTerms = {
  priority: fc.constantFrom(50, 100),
  expiresAt: fc.option(fc.constantFrom(15, 45), { nil: undefined }),
};
const minutes = fc.constantFrom(20, 60);
const op = <Name extends string>(name: Name) => fc.constant(name);
const steps = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: op('grant'), key, amount, ...lotTerms }) },
  { weight: 2, arbitrary: fc.record({ op: op('purchase'), key, purchase, amount, ...lotTerms }) },
  { weight: 6, arbitrary: fc.record({ op: op('reserve'), key, ref, amount, minutes }) },
  { weight: 2, arbitrary: fc.record({ op: op('consume'), key, ref, amount, settle: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: op('release'), key, ref, amount: someOrAll }) },
  { weight: 2, arbitrary: fc.record({ op: op('charge'), key, amount }) },
  { weight: 1, arbitrary: fc.record({ op: op('adjust'), key, amount: fc.integer({ min: -8, max: -1 }) }) },
  { weight: 1, arbitrary: fc.record({ op: op('extend'), key, hold: fc.constantFrom('1 1', '2 1'), minutes }) },
  { weight: 1, arbitrary: fc.record({ op: op('transfer'), key, amount }) },
  { weight: 2, arbitrary: fc.record({ op: op('clawback'), key, purchase, amount: someOrAll }) },
  { weight: 2, arbitrary: fc.record({ op: op('undo'), row: fc.nat({ max: 20 }), key, amount: someOrAll }) },
  { weight: 5, arbitrary: fc.record({ op: op('wait'), minutes: fc.constantFrom(5, 12, 31), look: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: op('sweep') }) },
  { weight: 4, arbitrary: fc.record({ op: op('look') }) },
);
type Step = typeof steps extends fc.Arbitrary<infer Value> ? Value : never;
const stories = fc.record({
  overdraft: fc.constantFrom(0, 0, 6),
  steps: fc.array(steps, { minLength: 5, maxLength: 45 }),
  moments: fc.array(fc.tuple(fc.nat(), fc.integer({ min: -1, max: 1 })), { minLength: 6, maxLength: 6 }),
});

/** What was answered at a moment while the story was told. */
interface Look {
  readonly accountId: string;
  readonly status: AccountStatus['credit'];
  readonly explained: Explanation;
  readonly lots: Map<string, number>;
}

interface Row {
  readonly seq: number;
  readonly kind: string;
  readonly balance: bigint;
  readonly reserved: bigint;
  readonly reservation_id: string | null;
  /** Microseconds since 1970. */
  readonly effective: bigint;
}

async function explain(accountId: string, at?: string): Promise<Explanation> {
  const { body } = await service
    .get(`/v1/billing/accounts/${accountId}/explain`)
    .query(at === undefined ? {} : { at })
    .expect(200);
  return body as Explanation;
}

async function look(accountId: string): Promise<Look> {
  const explained = await explain(accountId);
  const { body: status } = await service.get(`/v1/billing/accounts/${accountId}/status`).expect(200);
  const { body: lots } = await service.get(`/v1/billing/accounts/${accountId}/lots`).query({ limit: 100 }).expect(200);
  const left = (lots as LotsPage).items.map(({ id, free, held }): [string, number] => [id, free + held]);
  return {
    accountId,
    status: (status as AccountStatus).credit,
    explained,
    lots: new Map(left.filter(([, credits]) => credits > 0)),
  };
}

async function take(step: Step, story: Story, looks: Look[]): Promise<void> {
  const { accountId, otherId, oracle } = story;
  if (step.op === 'look') looks.push(await look(accountId), await look(otherId));
  else if (step.op === 'wait') {
    await changeWorld(studio, [story], { change: 'time', minutes: step.minutes });
    // Before anybody else notices what has run out meanwhile.
    if (step.look) looks.push(await look(accountId));
  } else if (step.op === 'sweep') await sweep();
  else if (step.op === 'undo') {
    const undone = { operation: 'reverse' as const, reversesSeq: step.row + 1, idempotencyKey: step.key, client: 'v1' };
    await ledger.apply({ ...undone, accountId, amount: microOf(step.amount) });
  } else {
    const command: OracleCommand =
      'expiresAt' in step && step.expiresAt !== undefined ? { ...step, expiresAt: oracle.now + step.expiresAt } : step;
    await ledger.apply(await toCreditCommand(studio, story, command));
  }
}

function microOf(amount: number | undefined): CreditCommand['amount'] {
  return amount === undefined ? undefined : fromMicroCredits(BigInt(amount) * CREDIT);
}

async function sweep(): Promise<void> {
  await studio.app.get(ExpireHolds).run();
  await studio.app.get(ExpireLots).run();
}

async function rowsOf(accountId: string): Promise<Row[]> {
  const { rows } = await studio.pool.query<Record<string, string | null>>(
    `SELECT seq, kind, balance_delta_micro AS balance, reserved_delta_micro AS reserved, reservation_id,
            (extract(epoch FROM effective_at) * 1000000)::bigint AS effective FROM ledger WHERE account_id = $1`,
    [accountId],
  );
  return rows.map((row) => ({
    seq: Number(row.seq),
    kind: row.kind ?? '',
    balance: BigInt(row.balance ?? 0),
    reserved: BigInt(row.reserved ?? 0),
    reservation_id: row.reservation_id ?? null,
    effective: BigInt(row.effective ?? 0),
  }));
}

const credits = (micro: bigint): number => Number(micro) / 1_000_000;
const sumOf = (figures: readonly number[]): number => figures.reduce((sum, figure) => sum + figure, 0);

function toMicroseconds(iso: string): bigint {
  return BigInt(Date.parse(iso)) * 1000n + BigInt(iso.slice(-4, -1));
}

function toIso(microseconds: bigint): string {
  const milliseconds = new Date(Number(microseconds / 1000n)).toISOString().slice(0, -1);
  return `${milliseconds}${String(microseconds % 1000n).padStart(3, '0')}Z`;
}

/** The figures of an explanation are the plain fold of the rows that count, and what it shows adds up to them. */
function expectFoldOf(rows: readonly Row[], explained: Explanation): void {
  const counted = rows.filter((row) => row.effective <= toMicroseconds(explained.at));
  const balance = credits(counted.reduce((sum, row) => sum + row.balance, 0n));
  const holds = new Map<string, bigint>();
  for (const { reservation_id: id, reserved } of counted) {
    if (id !== null && reserved !== 0n) holds.set(id, (holds.get(id) ?? 0n) + reserved);
  }
  const open = [...holds].filter(([, held]) => held !== 0n).map(([id, held]): [string, number] => [id, credits(held)]);
  const reserved = sumOf(open.map(([, held]) => held));
  const { amount: shownBalance } = explained.balance;
  expect([shownBalance, explained.reserved.amount, explained.available]).toEqual([
    balance,
    reserved,
    balance - reserved,
  ]);
  expect(new Map(explained.holds.map((hold) => [hold.reservation_id, hold.held]))).toEqual(new Map(open));
  expect([explained.holds_complete, explained.lots_complete]).toEqual([true, true]);
  expect(sumOf(explained.lots.map(({ left }) => left)) - (explained.overdraft_used ?? 0)).toBe(balance);
  for (const figure of [explained.balance, explained.reserved]) {
    expect(figure.opening + sumOf(figure.movements.map((sum) => sum.amount)) + figure.unwritten).toBe(figure.amount);
  }
}

/** Each movement of the balance is the sum of its lots' shares, and what is left of a lot the sum of its movements. */
async function expectTracesOf(accountId: string, rows: readonly Row[]): Promise<void> {
  const read = studio.app.get(ReadLots);
  for (const row of rows) {
    const { shares, holds } = await read.ofEntry(accountId, String(row.seq));
    expect([row.seq, sumOf(shares.map((share) => share.amount))]).toEqual([row.seq, credits(row.balance)]);
    expect(holds.every((share) => share.amount > 0)).toBe(true);
  }
  const { items } = await read.page(accountId, { limit: '100' });
  for (const lot of items) {
    const movements = await read.movements(accountId, lot.id, { limit: '100' });
    const { free, held, spent, expired, clawed_back, transferred, reversed } = lot;
    expect([lot.id, sumOf(movements.items.map((row) => row.amount))]).toEqual([lot.id, free + held]);
    expect(Math.min(free, held, spent, expired, clawed_back, transferred, reversed)).toBeGreaterThanOrEqual(0);
  }
}

test('figures at any moment are the fold of the rows that count, and what the status said at that moment', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(stories, async (told) => {
      const story = await beginStory(studio, told.overdraft);
      const looks: Look[] = [];
      for (const step of told.steps) await take(step, story, looks);
      looks.push(await look(story.accountId));
      await sweep();
      const rows = await rowsOf(story.accountId);
      const others = await rowsOf(story.otherId);
      for (const seen of looks) {
        const ownRows = seen.accountId === story.accountId ? rows : others;
        const later = await explain(seen.accountId, seen.explained.at);
        // What was explained before anybody swept is what the books say afterwards.
        expectFoldOf(ownRows, seen.explained);
        expectFoldOf(ownRows, later);
        expect(new Map(later.lots.map(({ id, left }) => [id, left]))).toEqual(seen.lots);
        expect(seen.status.reserved).toBe(later.reserved.amount);
        compared += 1;
        expect(seen.status).toEqual({
          wallet: later.balance.amount,
          reserved: later.reserved.amount,
          available: later.available,
        });
      }
      for (const [choice, offset] of told.moments) {
        const row = rows[choice % Math.max(1, rows.length)];
        if (row) expectFoldOf(rows, await explain(story.accountId, toIso(row.effective + BigInt(offset))));
      }
      await expectTracesOf(story.accountId, rows);
      await expectTracesOf(story.otherId, others);
      const first = rows.reduce(
        (min, row) => (row.effective < min ? row.effective : min),
        toMicroseconds(`${new Date().toISOString().slice(0, -1)}000Z`),
      );
      const nothing = await explain(story.accountId, toIso(first - 1n));
      expect(nothing).toMatchObject({
        balance: { amount: 0 },
        reserved: { amount: 0 },
        lots: [],
        holds: [],
        last_seq: 0,
      });
    }),
    { numRuns: Number(process.env.EXPLAIN_STORIES ?? 40) },
  );
  expect(compared).toBeGreaterThan(40);
  await expectSoundLedger(studio.pool);
}, 300_000);
