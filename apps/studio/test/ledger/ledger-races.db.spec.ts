import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import type { CommandOutcome, CreditCommand } from '../../src/modules/ledger/credit-command.ts';
import { ExpireHolds } from '../../src/modules/ledger/expire-holds.ts';
import { ExpireLots } from '../../src/modules/ledger/expire-lots.ts';
import { AdvanceLots } from '../../src/modules/ledger/advance-lots.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { expectSoundLedger } from './expect-sound-ledger.ts';
import { commands } from './random-stories.ts';
import { newAccount, passTime, toCreditCommand } from './story.ts';

/** Commands of a run, over few accounts, sent to two replicas with nobody waiting for anybody. */
const COMMANDS_PER_RUN = 400;
const RUNS = 4;
const MINUTES_PER_RUN = 40;

let studio: RunningStudio;
let second: RunningStudio;
beforeAll(async () => {
  studio = await startStudio();
  second = await startStudio({ database: studio.database });
});
afterAll(async () => {
  await second.close();
  await studio.close();
});

test('whatever two replicas do to the same accounts at once, the books stay sound and every outcome repeats', async () => {
  const accounts: string[] = [];
  for (let n = 0; n < 4; n += 1) accounts.push(await newAccount(studio));
  const began = Date.now();
  for (let run = 0; run < RUNS; run += 1) {
    const drawn = fc.sample(commands, { numRuns: COMMANDS_PER_RUN, seed: run + 1 });
    const sent: CreditCommand[] = [];
    for (const [n, command] of drawn.entries()) {
      const accountId = accounts[n % 4]!;
      const translated = await toCreditCommand(studio, { accountId, otherId: accounts[(n + 1) % 4]!, began }, command);
      // Keys of one run meet each other, and those of the runs before.
      sent.push({ ...translated, idempotencyKey: `${command.key}-${Math.floor(n / 40) + run}` });
    }
    const [outcomes] = await Promise.all([sendAll(sent), sweep(studio), sweep(second)]);
    // A hold that comes to life after the sweeper looked waits for its next round.
    await sweep(studio);
    await expectSoundLedger(studio.pool);

    // The same again: what was decided stays decided, whichever replica is asked.
    const repeated = await sendAll([...sent].reverse());
    repeated.reverse();
    for (const [n, outcome] of outcomes.entries()) {
      if (outcome.outcome === 'REJECTED') continue;
      expect({ n, ...meaning(repeated[n]!) }).toEqual({ n, ...meaning(outcome) });
    }
    await passTime(studio, (run + 1) * MINUTES_PER_RUN);
  }
  await sweep(studio);
  await expectSoundLedger(studio.pool);
}, 120_000);

function sendAll(sent: readonly CreditCommand[]): Promise<CommandOutcome[]> {
  const ledgers = [studio.app.get(CreditLedger), second.app.get(CreditLedger)];
  return Promise.all(sent.map((command, n) => ledgers[n % 2]!.apply(command)));
}

async function sweep({ app }: RunningStudio): Promise<void> {
  await app.get(ExpireHolds).run();
  await app.get(ExpireLots).run();
  await app.get(AdvanceLots).run();
}

/** What an outcome says for ever; the state its hold has now is not part of it. */
function meaning({ outcome, code, seq, entry }: CommandOutcome): object {
  return { outcome, code: code ?? null, seq: String(seq), entry: entry?.entry_id ?? null };
}
