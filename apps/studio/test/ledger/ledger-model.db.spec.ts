import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromMicroCredits } from '@tandem/contracts';
import fc from 'fast-check';
import { accountIdOf } from '../../src/modules/accounts/account-id.ts';
import type { CommandOutcome, CreditCommand } from '../../src/modules/ledger/credit-command.ts';
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
        accounts += 1;
        const accountId = await newAccount(studio, accounts);
        const oracle = new LedgerOracle();
        for (const { before, batch } of story) {
          if (before) await changeWorld(studio, oracle, accountId, before);
          const outcomes = await Promise.all(batch.map((command) => ledger.apply(toCreditCommand(accountId, command))));
          expect(outcomes.map(comparable)).toEqual(batch.map((command) => oracle.apply(command)));
        }
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
});

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
  accountId: string,
  given: WorldChange,
): Promise<void> {
  switch (given.change) {
    case 'mode':
      oracle.mode = given.mode;
      await studio.pool.query('UPDATE wallets SET billing_mode = $2 WHERE account_id = $1', [accountId, given.mode]);
      return;
    case 'suspended':
      oracle.suspended = given.suspended;
      await studio.pool.query('UPDATE wallets SET account_status = $2 WHERE account_id = $1', [
        accountId,
        given.suspended ? 'SUSPENDED' : 'ACTIVE',
      ]);
      return;
    case 'expire':
      oracle.letExpire(given.ref);
      await studio.pool.query(
        `UPDATE reservations SET expires_at = now() - interval '1 second'
          WHERE account_id = $1 AND ref_id = $2 AND status = 'ACTIVE'`,
        [accountId, given.ref],
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
