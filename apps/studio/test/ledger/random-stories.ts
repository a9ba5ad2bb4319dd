import fc from 'fast-check';
import type { OracleCommand } from './ledger-oracle.ts';

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
export const commands: fc.Arbitrary<OracleCommand> = fc.oneof(
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
export const stories = fc.record({
  overdraft: fc.constantFrom(0, 0, 5),
  rounds: fc.array(rounds, { minLength: 1, maxLength: 10 }),
});

/** Stories that chance tells too rarely: each about one rule. */
export const EXAMPLES: readonly Told[] = [
  // A row is undone, and then again under another key.
  plain(
    { op: 'grant', key: 'k1', amount: 8, priority: 100, kind: 'promotional', expiresAt: undefined },
    { op: 'charge', key: 'k1', amount: 5 },
    { op: 'reverse', key: 'k1', undo: 'charge k1', amount: undefined },
    { op: 'reverse', key: 'k2', undo: 'charge k1', amount: undefined },
  ),
  // A shortfall is paid, and then again.
  plain(
    { op: 'consume', key: 'k1', ref: '1', acceptance: 1, amount: 3, settle: true },
    { op: 'grant', key: 'k1', amount: 8, priority: 100, kind: 'promotional', expiresAt: undefined },
    { op: 'recover', key: 'k1', shortfall: 'work 1 1' },
    { op: 'recover', key: 'k2', shortfall: 'work 1 1' },
  ),
  // Lots end before nothing but holds is asked for: one that is partly held, then two at once, then what the hold kept.
  {
    overdraft: 0,
    rounds: [
      ...plain(
        { op: 'grant', key: 'k1', amount: 8, priority: 100, kind: 'promotional', expiresAt: 15 },
        { op: 'grant', key: 'k2', amount: 5, priority: 100, kind: 'promotional', expiresAt: 45 },
        { op: 'grant', key: 'k3', amount: 4, priority: 100, kind: 'purchased', expiresAt: 45 },
        { op: 'reserve', key: 'k1', ref: '1', acceptance: 1, amount: 3, minutes: 300 },
      ).rounds,
      inTime(30, { op: 'reserve', key: 'k2', ref: '2', acceptance: 1, amount: 2, minutes: 300 }),
      inTime(30, { op: 'reserve', key: 'k3', ref: '3', acceptance: 1, amount: 1, minutes: 300 }),
      ...plain({ op: 'release', key: 'k1', ref: '1', acceptance: 1, amount: undefined }).rounds,
    ],
  },
  // The same while a purchase is wanted back that a hold keeps: the account takes the exact way.
  {
    overdraft: 0,
    rounds: [
      ...plain(
        { op: 'purchase', key: 'k1', purchase: 'p1', amount: 8, priority: 50, expiresAt: undefined },
        { op: 'reserve', key: 'k1', ref: '1', acceptance: 1, amount: 5, minutes: 300 },
        { op: 'clawback', key: 'k1', purchase: 'p1', amount: undefined },
        { op: 'grant', key: 'k1', amount: 4, priority: 100, kind: 'promotional', expiresAt: 15 },
      ).rounds,
      inTime(30, { op: 'reserve', key: 'k2', ref: '2', acceptance: 1, amount: 2, minutes: 300 }),
    ],
  },
];

function inTime(minutes: 10 | 30 | 50, ...batch: OracleCommand[]): Told['rounds'][number] {
  return { before: { change: 'time', minutes }, batch };
}

function plain(...batch: OracleCommand[]): Told {
  return { overdraft: 0, rounds: batch.map((command) => ({ before: null, batch: [command] })) };
}

/** A story as it is told: what happens, round by round. */
export type Told = typeof stories extends fc.Arbitrary<infer Story> ? Story : never;
