import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fromMicroCredits } from '@tandem/contracts';
import { BeginStatistics1763700000900 } from '../../src/migrations/begin-statistics.ts';
import { migrateStudio } from '../../src/migrations/migrate-studio.ts';
import { CreditLedger } from '../../src/modules/ledger/credit-ledger.ts';
import { newAccount } from '../ledger/story.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
beforeAll(async () => {
  studio = await startStudio();
});
afterAll(() => studio.close());

test('a new database knows that accounts have many rows, has none, and refuses to lose any', async () => {
  const { rows } = await studio.pool.query(
    `SELECT (SELECT n_distinct FROM pg_stats WHERE tablename = 'ledger' AND attname = 'account_id') AS expected,
            (SELECT count(*)::int FROM ledger) AS entries,
            (SELECT bool_and(tgenabled = 'O') FROM pg_trigger WHERE tgrelid = 'ledger'::regclass AND NOT tgisinternal) AS guarded`,
  );
  expect(rows).toEqual([{ expected: 20, entries: 0, guarded: true }]);
});

test('a database that was in use before these statistics keeps every row', async () => {
  const accountId = await newAccount(studio);
  await studio.app.get(CreditLedger).apply({
    accountId,
    operation: 'grant',
    client: 'v1',
    idempotencyKey: 'k1',
    amount: fromMicroCredits(5_000_000n),
  });
  const { rowCount } = await studio.pool.query('DELETE FROM migrations WHERE name = $1', [
    BeginStatistics1763700000900.name,
  ]);
  expect(rowCount).toBe(1);
  await migrateStudio({ owner: studio.database.url, application: studio.database.applicationUrl });
  const { rows } = await studio.pool.query(
    `SELECT (SELECT count(*)::int FROM ledger) AS entries, (SELECT count(*)::int FROM lots) AS lots,
            (SELECT count(*)::int FROM migrations WHERE name = $1) AS done`,
    [BeginStatistics1763700000900.name],
  );
  expect(rows).toEqual([{ entries: 1, lots: 1, done: 1 }]);
});
