import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CommandOutcome, CreditCommand } from '../../src/modules/ledger/credit-command.ts';
import { CreditBatch, type CreditBatchRow } from '../../src/modules/ledger/credit-batch.ts';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { ExpireHolds } from '../../src/modules/ledger/expire-holds.ts';
import { ExpireLots } from '../../src/modules/ledger/expire-lots.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { expectSoundLedger } from './expect-sound-ledger.ts';
import type { OracleCommand, OracleOutcome } from './ledger-oracle.ts';
import { beginStory, changeWorld, CREDIT, expectAccount, inOrder, newAccount, toCreditCommand } from './story.ts';

/** Few keys, references and amounts, so that random commands meet: replays, reuse, races for the same hold and the last credits. */
const key = fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5', 'k6');
const ref = fc.constantFrom('1', '2', '3');
const acceptance = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
const amount = fc.integer({ min: 1, max: 8 });
const someOrAll = fc.option(amount, { nil: undefined });
const minutes = fc.constantFrom(20, 60, 300);
const purchase = fc.constantFrom('p1', 'p2');
const lotTerms = {
  priority: fc.constantFrom(50, 100),
  expiresAt: fc.option(fc.constantFrom(15, 45, 90), { nil: undefined }),
};
const op = <Name extends string>(name: Name) => fc.constant(name);
const commands: fc.Arbitrary<OracleCommand> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: op('grant'),
      key,
      amount,
      ...lotTerms,
      kind: fc.constantFrom('promotional' as const, 'purchased' as const, 'adjustment' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: op('purchase'), key, purchase, amount, ...lotTerms }) },
  { weight: 6, arbitrary: fc.record({ op: op('reserve'), key, ref, acceptance, amount, minutes }) },
  {
    weight: 5,
    arbitrary: fc
      .record({ op: op('consume'), key, ref, acceptance, amount: someOrAll, settle: fc.boolean() })
      // The HTTP face refuses a settlement without an amount.
      .map((command) => ({ ...command, settle: command.settle && command.amount !== undefined })),
  },
  { weight: 3, arbitrary: fc.record({ op: op('release'), key, ref, acceptance, amount: someOrAll }) },
  { weight: 2, arbitrary: fc.record({ op: op('charge'), key, amount }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: op('adjust'), key, amount: fc.oneof(amount, fc.integer({ min: -8, max: -1 })) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: op('extend'), key, hold: fc.constantFrom('1 1', '2 1', '1 2'), minutes }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: op('reverse'),
      key,
      undo: fc
        .tuple(
          fc.constantFrom('grant', 'purchase', 'consume', 'charge', 'adjust', 'clawback', 'reserve', 'recover'),
          key,
        )
        .map((parts) => parts.join(' ')),
      amount: someOrAll,
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: op('transfer'), key, amount }) },
  { weight: 2, arbitrary: fc.record({ op: op('clawback'), key, purchase, amount: someOrAll }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: op('recover'),
      key,
      shortfall: fc.constantFrom('work 1 1', 'work 2 1', 'purchase p1 1', 'purchase p1 2'),
    }),
  },
);
const worldChanges = fc.oneof(
  fc.record({ change: op('mode'), mode: fc.constantFrom('POSTPAID' as const, 'CREDIT' as const, 'CREDIT' as const) }),
  fc.record({ change: op('suspended'), suspended: fc.boolean() }),
  { weight: 4, arbitrary: fc.record({ change: op('time'), minutes: fc.constantFrom(10, 30, 50) }) },
);
/** What happens between two batches, then the batch: its commands are submitted at once and keep their order. */
const rounds = fc.record({
  before: fc.option(worldChanges, { nil: null, freq: 2 }),
  batch: fc.array(commands, { minLength: 1, maxLength: 6 }),
});
const stories = fc.record({
  overdraft: fc.constantFrom(0, 0, 5),
  rounds: fc.array(rounds, { minLength: 1, maxLength: 10 }),
});

describe('the ledger against a model that shares no code with it', () => {
  let studio: RunningStudio;
  let ledger: CreditLedger;
  beforeAll(async () => {
    studio = await startStudio();
    ledger = studio.app.get(CreditLedger);
  });
  afterAll(() => studio.close());

  test('every outcome, balance, lot and row is the one the model gives, for any sequence of commands', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const told = await beginStory(studio, story.overdraft);
        // The same commands through the fold alone: it and the set-based part must agree on every input.
        const folded = await beginStory(studio, story.overdraft);
        for (const { before, batch } of story.rounds) {
          if (before) await changeWorld(studio, [told, folded], before);
          const expected = batch.map((command) => told.oracle.apply(command));
          // What a command names (a row, a hold, a shortfall) may come from one before it: each is sent with what is there.
          const outcomes = await inOrder(batch, async (run) => {
            const sent = await Promise.all(run.map((command) => toCreditCommand(studio, told, command)));
            return Promise.all(sent.map((command) => ledger.apply(command)));
          });
          expect(outcomes.map(comparable)).toEqual(expected);
          const repeated = await inOrder(batch, async (run) =>
            applyFolded(studio, await Promise.all(run.map((command) => toCreditCommand(studio, folded, command)))),
          );
          expect(repeated.map(comparable)).toEqual(expected);
          expect(repeated.map(withoutIdentities)).toEqual(outcomes.map(withoutIdentities));
        }
        expect(await ledgerRows(studio, folded.accountId)).toEqual(await ledgerRows(studio, told.accountId));
        for (const { accountId, otherId, began } of [told, folded]) {
          await expectAccount(studio, ledger, { accountId, began }, told.oracle);
          await expectAccount(studio, ledger, { accountId: otherId, began }, told.other);
        }
      }),
      { numRuns: Number(process.env.LEDGER_STORIES ?? 150) },
    );
    // Holds and lots of earlier stories are long overdue by the clock of the last one.
    await studio.app.get(ExpireHolds).run();
    await studio.app.get(ExpireLots).run();
    await expectSoundLedger(studio.pool);
  }, 600_000);

  test('a burst of new reserves over several accounts, some of which run dry, ends the same set by set and folded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 3 }), amount), { minLength: 8, maxLength: 60 }),
        async (burst) => {
          const ids: string[] = [];
          for (let n = 0; n < 8; n += 1) ids.push(await newAccount(studio));
          const to = (accountId: string, command: OracleCommand): Promise<CreditCommand> =>
            toCreditCommand(studio, { accountId, otherId: accountId, began: 0 }, command);
          const commandsFor = (offset: number): Promise<CreditCommand[]> =>
            Promise.all([
              ...ids.slice(offset, offset + 4).map((id) => to(id, { op: 'grant', key: 'first', amount: 40 })),
              ...burst.map(([account, credits], n) =>
                to(ids[offset + account]!, { op: 'reserve', key: `k${n}`, ref: `${n}`, amount: credits, minutes: 60 }),
              ),
            ]);
          const [first, second] = [await commandsFor(0), await commandsFor(4)];
          const [grants, reserves] = [first.slice(0, 4), first.slice(4)];
          await Promise.all(grants.map((command) => ledger.apply(command)));
          const together = new CreditBatch(reserves);
          const { rows } = await studio.pool.query<CreditBatchRow & Record<string, unknown>>(together.query());
          const outcomes = together.outcomes(rows);
          await applyFolded(studio, second.slice(0, 4));
          const folded = await applyFolded(studio, second.slice(4));
          expect(outcomes.map(withoutIdentities)).toEqual(folded.map(withoutIdentities));
          for (let n = 0; n < 4; n += 1) {
            expect(await ledgerRows(studio, ids[n]!)).toEqual(await ledgerRows(studio, ids[n + 4]!));
          }
          // Where all fit, the database did write them set by set.
          const total = burst.reduce((sum, [account, credits]) => sum + (account === 0 ? credits : 0), 0);
          if (total > 0 && total <= 40) expect(rows.filter((row) => row.outcome === null).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 40 },
    );
    await expectSoundLedger(studio.pool);
  }, 60_000);
});

async function applyFolded(studio: RunningStudio, batch: CreditCommand[]): Promise<CommandOutcome[]> {
  const folded = new CreditBatch(batch, false);
  const { rows } = await studio.pool.query<CreditBatchRow & Record<string, unknown>>(folded.query());
  return folded.outcomes(rows);
}

/** An outcome without the ids and times that two runs cannot share. */
function withoutIdentities(outcome: CommandOutcome): unknown {
  const own = new Set([
    'account_id',
    'entry_id',
    'reservation_id',
    'shortfall_id',
    'created_at',
    'expires_at',
    'updated_at',
    'resolved_at',
    'decided_at',
    'effective_at',
  ]);
  const extra = new Set(['client', 'operation', 'leg', 'request_digest', 'lot_ids', 'counterparty_id']);
  return JSON.parse(
    JSON.stringify(outcome, (name, value: unknown) => {
      if (own.has(name)) return value == null ? null : 'set';
      return extra.has(name) || value === null ? undefined : value;
    }),
  );
}

async function ledgerRows(studio: RunningStudio, accountId: string): Promise<unknown[]> {
  const { rows } = await studio.pool.query(
    `SELECT seq, kind, balance_delta_micro, reserved_delta_micro, balance_after_micro, reserved_after_micro, ref_id,
            acceptance, client, operation,
            CASE client WHEN 'studio' THEN split_part(idempotency_key, ':', 1) ELSE idempotency_key END AS key, leg, actor, reason
       FROM ledger WHERE account_id = $1 AND operation <> 'expire' ORDER BY seq`,
    [accountId],
  );
  return rows;
}

function comparable(outcome: CommandOutcome): OracleOutcome {
  const moved = outcome.outcome === 'POSTED' || outcome.outcome === 'SHORTFALL';
  const credits = (micro: string | number | null | undefined): number | null =>
    micro == null ? null : Number(BigInt(micro) / CREDIT);
  return {
    outcome: outcome.outcome,
    code: outcome.code ?? null,
    settled: moved ? credits(outcome.settled_micro) : null,
    shortfall: credits(outcome.shortfall?.amount_micro),
  };
}
