import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CreditCommand } from '../../src/modules/ledger/credit-command.ts';
import { CreditBatch, type CreditBatchRow } from '../../src/modules/ledger/credit-batch.ts';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { ExpireHolds } from '../../src/modules/ledger/expire-holds.ts';
import { ExpireLots } from '../../src/modules/ledger/expire-lots.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { expectSoundLedger } from './expect-sound-ledger.ts';
import type { OracleCommand } from './ledger-oracle.ts';
import { EXAMPLES, stories, type Told } from './random-stories.ts';
import { newAccount, toCreditCommand } from './story.ts';
import { applyFolded, ledgerRows, tellStory, withoutIdentities } from './tell-story.ts';

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
      fc.asyncProperty(stories, (story) => tellStory(studio, story)),
      { numRuns: Number(process.env.LEDGER_STORIES ?? 150), examples: EXAMPLES.map((story): [Told] => [story]) },
    );
    // Holds and lots of earlier stories are long overdue by the clock of the last one.
    await studio.app.get(ExpireHolds).run();
    await studio.app.get(ExpireLots).run();
    await expectSoundLedger(studio.pool);
  }, 600_000);

  test('a burst of new reserves over several accounts, some of which run dry, ends the same set by set and folded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 8 })), { minLength: 8, maxLength: 60 }),
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
          if (total > 0 && total <= 40)
            expect(rows.filter(([, outcome]) => outcome === null).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 40 },
    );
    await expectSoundLedger(studio.pool);
  }, 60_000);
});
