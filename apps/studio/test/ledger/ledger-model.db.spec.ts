import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromMicroCredits } from '@tandem/contracts';
import fc from 'fast-check';
import { accountIdOf } from '../../src/modules/accounts/account-id.ts';
import type { CommandOutcome, CreditCommand } from '../../src/modules/ledger/credit-command.ts';
import { CreditBatch, type CreditBatchRow } from '../../src/modules/ledger/credit-batch.ts';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { expectSoundLedger } from './expect-sound-ledger.ts';
import { LedgerOracle, type OracleCommand, type OracleOutcome } from './ledger-oracle.ts';

const CREDIT = 1_000_000n;

/** Few keys, references and amounts, so that random commands meet: replays, reuse, races for the same hold and the last credits. */
const keys = fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5', 'k6');
const refs = fc.constantFrom('1', '2', '3');
const acceptances = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
const amounts = fc.integer({ min: 1, max: 8 });
const commands: fc.Arbitrary<OracleCommand> = fc.oneof(
  fc.record({ op: fc.constant('grant' as const), key: keys, amount: amounts }),
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('reserve' as const),
      key: keys,
      ref: refs,
      acceptance: acceptances,
      amount: amounts,
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        op: fc.constant('consume' as const),
        key: keys,
        ref: refs,
        acceptance: acceptances,
        amount: fc.option(amounts, { nil: undefined }),
        settle: fc.boolean(),
      })
      // The HTTP face refuses a settlement without an amount.
      .map((command) => ({ ...command, settle: command.settle && command.amount !== undefined })),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('release' as const), key: keys, ref: refs, acceptance: acceptances }),
  },
);
const worldChanges = fc.oneof(
  fc.record({ change: fc.constant('mode' as const), mode: fc.constantFrom('POSTPAID' as const, 'CREDIT' as const) }),
  fc.record({ change: fc.constant('suspended' as const), suspended: fc.boolean() }),
  fc.record({ change: fc.constant('expire' as const), ref: refs }),
);
/** What happens between two batches, then the batch: its commands are submitted at once and keep their order. */
const rounds = fc.record({
  before: fc.option(worldChanges, { nil: null, freq: 2 }),
  batch: fc.array(commands, { minLength: 1, maxLength: 6 }),
});

describe('the ledger against a model that shares no code with it', () => {
  let studio: RunningStudio;
  let ledger: CreditLedger;
  let accounts = 0;
  beforeAll(async () => {
    studio = await startStudio();
    ledger = studio.app.get(CreditLedger);
  });
  afterAll(() => studio.close());

  test('every outcome, balance and row is the one the model gives, for any sequence of commands', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rounds, { minLength: 1, maxLength: 8 }), async (story) => {
        accounts += 2;
        const accountId = await newAccount(studio, accounts);
        const foldedId = await newAccount(studio, accounts + 1);
        const oracle = new LedgerOracle();
        for (const { before, batch } of story) {
          if (before) await changeWorld(studio, oracle, [accountId, foldedId], before);
          const expected = batch.map((command) => oracle.apply(command));
          const outcomes = await Promise.all(batch.map((command) => ledger.apply(toCreditCommand(accountId, command))));
          expect(outcomes.map(comparable)).toEqual(expected);
          // The same commands through the fold alone: it and the set-based part must agree on every input.
          const folded = await applyFolded(
            studio,
            batch.map((command) => toCreditCommand(foldedId, command)),
          );
          expect(folded.map(comparable)).toEqual(expected);
          expect(folded.map(withoutIdentities)).toEqual(outcomes.map(withoutIdentities));
        }
        expect(await ledgerRows(studio, foldedId)).toEqual(await ledgerRows(studio, accountId));
        const { rows } = await studio.pool.query(
          'SELECT balance_micro, reserved_micro FROM wallets WHERE account_id = $1',
          [accountId],
        );
        expect(rows).toEqual([
          {
            balance_micro: String(BigInt(oracle.balance) * CREDIT),
            reserved_micro: String(BigInt(oracle.reserved) * CREDIT),
          },
        ]);
      }),
      { numRuns: 150 },
    );
    await expectSoundLedger(studio.pool);
  }, 120_000);

  test('a burst of new reserves over several accounts, some of which run dry, ends the same set by set and folded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 3 }), amounts), { minLength: 8, maxLength: 60 }),
        async (burst) => {
          const first = (accounts += 8) - 7;
          const ids = await Promise.all(Array.from({ length: 8 }, (_, n) => newAccount(studio, 100_000 + first + n)));
          const commandsFor = (offset: number): CreditCommand[] => [
            ...ids
              .slice(offset, offset + 4)
              .map((id) => toCreditCommand(id, { op: 'grant', key: 'first', amount: 40 })),
            ...burst.map(([account, amount], n) =>
              toCreditCommand(ids[offset + account]!, { op: 'reserve', key: `k${n}`, ref: `${n}`, amount }),
            ),
          ];
          const [grants, reserves] = [commandsFor(0).slice(0, 4), commandsFor(0).slice(4)];
          await Promise.all(grants.map((command) => ledger.apply(command)));
          const together = new CreditBatch(reserves);
          const { rows } = await studio.pool.query<CreditBatchRow & Record<string, unknown>>(together.query());
          const outcomes = together.outcomes(rows);
          await applyFolded(studio, commandsFor(4).slice(0, 4));
          const folded = await applyFolded(studio, commandsFor(4).slice(4));
          expect(outcomes.map(withoutIdentities)).toEqual(folded.map(withoutIdentities));
          for (let n = 0; n < 4; n += 1) {
            expect(await ledgerRows(studio, ids[n]!)).toEqual(await ledgerRows(studio, ids[n + 4]!));
          }
          // Where all fit, the database did write them set by set.
          const total = burst.reduce((sum, [account, amount]) => sum + (account === 0 ? amount : 0), 0);
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
  const extra = new Set(['client', 'operation', 'leg', 'request_digest']);
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
            acceptance, client, operation, idempotency_key, leg, actor, reason
       FROM ledger WHERE account_id = $1 AND operation <> 'expire' ORDER BY seq`,
    [accountId],
  );
  return rows;
}

async function newAccount(studio: RunningStudio, number: number): Promise<string> {
  const key = `v1:partner:${number}` as never;
  const accountId = accountIdOf(key);
  await studio.pool.query('INSERT INTO accounts (account_id, external_key, enrolled_at) VALUES ($1, $2, now())', [
    accountId,
    key,
  ]);
  await studio.pool.query(`INSERT INTO wallets (account_id, billing_mode) VALUES ($1, 'CREDIT')`, [accountId]);
  return accountId;
}

type WorldChange =
  | { change: 'mode'; mode: 'POSTPAID' | 'CREDIT' }
  | { change: 'suspended'; suspended: boolean }
  | { change: 'expire'; ref: string };

async function changeWorld(
  studio: RunningStudio,
  oracle: LedgerOracle,
  accountIds: string[],
  given: WorldChange,
): Promise<void> {
  switch (given.change) {
    case 'mode':
      oracle.mode = given.mode;
      await studio.pool.query('UPDATE wallets SET billing_mode = $2 WHERE account_id = ANY ($1)', [
        accountIds,
        given.mode,
      ]);
      return;
    case 'suspended':
      oracle.suspended = given.suspended;
      await studio.pool.query('UPDATE wallets SET account_status = $2 WHERE account_id = ANY ($1)', [
        accountIds,
        given.suspended ? 'SUSPENDED' : 'ACTIVE',
      ]);
      return;
    case 'expire':
      oracle.letExpire(given.ref);
      await studio.pool.query(
        `UPDATE reservations SET expires_at = now() - interval '1 second'
          WHERE account_id = ANY ($1) AND ref_id = $2 AND status = 'ACTIVE'`,
        [accountIds, given.ref],
      );
  }
}

function toCreditCommand(accountId: string, command: OracleCommand): CreditCommand {
  const amount =
    'amount' in command && command.amount !== undefined ? fromMicroCredits(BigInt(command.amount) * CREDIT) : undefined;
  const common = { accountId, client: 'v1', operation: command.op, idempotencyKey: command.key, amount };
  if (command.op === 'grant') return common;
  return {
    ...common,
    refType: 'commission_request',
    refId: command.ref,
    acceptance: command.acceptance,
    expiresInMinutes: command.op === 'reserve' ? 60 : undefined,
    settleWithoutHold: command.op === 'consume' ? command.settle : undefined,
  };
}

function comparable(outcome: CommandOutcome): OracleOutcome {
  const moved = outcome.outcome === 'POSTED' || outcome.outcome === 'SHORTFALL';
  const credits = (micro: string | number | null | undefined): number | null =>
    micro == null ? null : Number(BigInt(micro) / CREDIT);
  return {
    outcome: outcome.outcome,
    code: outcome.code ?? null,
    settled: moved ? credits(outcome.settled_micro) : null,
    shortfall: moved ? credits(outcome.shortfall?.amount_micro) : null,
  };
}
