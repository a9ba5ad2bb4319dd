import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { EXAMPLES, stories, type Told } from './random-stories.ts';
import { tellStory } from './tell-story.ts';

/** A mistake somebody could make in the ledger's SQL: the function, a text in it, and what it becomes. */
interface SeededBug {
  readonly what: string;
  readonly in: string;
  readonly from: string;
  readonly to: string;
}

/** Ways to lose or make money that the stories must notice. Each is put into the database's own copy of the function. */
const BUGS: readonly SeededBug[] = [
  {
    what: 'a hold may take one credit more than there is',
    in: 'reserve_credits',
    from: 'IF available < command.amount_micro THEN refusal',
    to: 'IF available < command.amount_micro - 1000000 THEN refusal',
  },
  {
    what: 'the set-based part forgets what is reserved',
    in: 'apply_credit_batch',
    from: 'w.balance_micro - w.reserved_micro + w.overdraft_limit_micro >= a.total',
    to: 'w.balance_micro + w.overdraft_limit_micro >= a.total',
  },
  {
    what: 'the set-based part does not look for keys that were refused',
    in: 'apply_credit_batch',
    from: "u.operation = 'reserve'",
    to: "u.operation = 'reserved'",
  },
  {
    what: 'the set-based part does not mind a lot whose time is over',
    in: 'apply_credit_batch',
    from: 'w.next_lot_expiry_at > greatest(started, w.last_entry_at)',
    to: 'w.next_lot_expiry_at IS NOT NULL',
  },
  {
    what: 'the same key with another request answers the first outcome',
    in: 'apply_credit_command',
    from: '<> digest THEN',
    to: '<> digest AND false THEN',
  },
  {
    what: 'a refusal is not remembered by its key',
    in: 'apply_credit_command',
    from: 'replayed := entry.entry_id IS NOT NULL OR unposted.outcome_id IS NOT NULL',
    to: 'replayed := entry.entry_id IS NOT NULL',
  },
  {
    what: 'a hold past its time can be used up',
    in: 'consume_credits',
    from: "hold.status = 'ACTIVE' AND hold.expires_at <= wallet.last_entry_at",
    to: "hold.status = 'ACTIVE' AND hold.expires_at IS NULL",
  },
  {
    what: 'work is charged twice',
    in: 'consume_credits',
    from: 'coalesce(hold.settled_at, funding.settled_at) IS NOT NULL',
    to: 'coalesce(hold.settled_at, funding.settled_at) IS NULL AND false',
  },
  {
    what: 'what is not used of a hold stays held',
    in: 'consume_credits',
    from: 'IF from_hold < hold.held_micro THEN',
    to: 'IF from_hold > hold.held_micro THEN',
  },
  {
    what: 'a delivery that is not covered is forgotten',
    in: 'consume_credits',
    from: 'IF from_hold + from_available < wanted THEN',
    to: 'IF from_hold + from_available > wanted THEN',
  },
  {
    what: 'work that was left to the invoice is charged as well',
    in: 'consume_credits',
    from: "funding.decision = 'IGNORED' OR",
    to: "funding.decision = 'ABSENT' OR",
  },
  {
    what: 'a part is released and the hold says it is over',
    in: 'release_credits',
    from: "CASE WHEN r.held_micro = released THEN 'RELEASED' ELSE r.status END",
    to: "'RELEASED'",
  },
  {
    what: 'holds past their time are not freed for a charge',
    in: 'take_credits',
    from: 'wallet := expire_due_holds(wallet);',
    to: 'wallet := wallet;',
  },
  {
    what: 'a purchase is credited once per key, not once',
    in: 'add_credits',
    from: "command.operation = 'purchase' AND EXISTS",
    to: "command.operation = 'bought' AND EXISTS",
  },
  {
    what: 'a lot’s end is not watched',
    in: 'add_credits',
    from: 'wallet.next_lot_expiry_at := least(wallet.next_lot_expiry_at, command.lot_expires_at)',
    to: 'wallet.next_lot_expiry_at := wallet.next_lot_expiry_at',
  },
  {
    what: 'a lot that ends while it is held never ends',
    in: 'settle_due_lots',
    from: 'wallet.held_lots_due := wallet.held_lots_due OR fold.held[i] > 0',
    to: 'wallet.held_lots_due := wallet.held_lots_due',
  },
  {
    what: 'where many accounts’ lots end together, a lot that is held never ends',
    in: 'settle_due_accounts',
    from: 'coalesce(bool_or(s.is_over AND s.held_micro > 0), false)',
    to: 'false',
  },
  {
    what: 'where many accounts’ lots end together, the second lot of one forgets the first',
    in: 'settle_due_accounts',
    from: 'e.balance_micro - e.running',
    to: 'e.balance_micro - e.free_micro',
  },
  {
    what: 'where many accounts’ lots end together, the next end is not watched',
    in: 'settle_due_accounts',
    from: 'min(s.expires_at) FILTER (WHERE NOT s.is_over)',
    to: 'NULL::timestamptz',
  },
  {
    what: 'purchased credits burn before promotional ones',
    in: 'lot_kind_rank',
    from: "WHEN 'promotional' THEN 1 WHEN 'adjustment' THEN 2 ELSE 3",
    to: "WHEN 'promotional' THEN 3 WHEN 'adjustment' THEN 2 ELSE 1",
  },
  {
    what: 'a hold gives back the lots it would burn first',
    in: 'fold_lots',
    from: 'WHILE part_holds[j + 1] = entry.reservation_id LOOP j := j + 1; END LOOP;',
    to: 'j := j;',
  },
  {
    what: 'a row can be reversed twice',
    in: 'reverse_entry',
    from: 'WHERE l.account_id = command.account_id AND l.reverses_seq = undone.seq;',
    to: 'WHERE l.account_id = command.account_id AND l.reverses_seq = -undone.seq;',
  },
  {
    what: 'a reversed debit comes back as new credits',
    in: 'reverse_entry',
    from: 'CONTINUE WHEN part = 0;\n      -- An overdraft',
    to: 'CONTINUE WHEN part = 0 OR undone.balance_delta_micro < 0;\n      -- An overdraft',
  },
  {
    what: 'transferred credits lose their end',
    in: 'transfer_credits',
    from: 'l.kind, l.priority, l.expires_at, -moved.amount',
    to: 'l.kind, l.priority, NULL, -moved.amount',
  },
  {
    what: 'a clawback forgets what holds keep',
    in: 'claw_back_purchase',
    from: 'wallet.held_lots_due := wallet.held_lots_due OR held > 0',
    to: 'wallet.held_lots_due := wallet.held_lots_due',
  },
  {
    what: 'a shortfall is paid again and again',
    in: 'recover_shortfall',
    from: "IF short.status <> 'OPEN' THEN",
    to: "IF short.status = 'WAIVED' THEN",
  },
];

const STORIES_MAX = 600;

describe('a bug somebody puts into the ledger’s SQL is noticed', () => {
  let studio: RunningStudio;
  beforeAll(async () => {
    studio = await startStudio();
  });
  afterAll(() => studio.close());

  test.each(BUGS)(
    '$what ($in)',
    async (bug) => {
      const { rows } = await studio.pool.query<{ definition: string }>(
        'SELECT pg_get_functiondef($1::regproc) AS definition',
        [bug.in],
      );
      const sound = rows[0]!.definition;
      const harmed = sound.replace(bug.from, () => bug.to);
      expect(harmed).not.toBe(sound);
      await studio.pool.query(harmed);
      const { failed, numRuns } = await fc.check(
        fc.asyncProperty(stories, (story) => tellStory(studio, story)),
        { numRuns: STORIES_MAX, endOnFailure: true, examples: EXAMPLES.map((story): [Told] => [story]) },
      );
      await studio.pool.query(sound);
      expect({ failed, within: numRuns }).toEqual({ failed: true, within: numRuns });
    },
    120_000,
  );
});
