import { expect } from '@jest/globals';
import type { PgPool } from '@tandem/platform/database/pool';
import { EVERY_ACCOUNT } from '../../src/modules/invariants/account-ranges.ts';
import { InvariantQueries } from '../../src/modules/invariants/invariant.queries.ts';

/** Fails with the rules that are broken and the rows that break them. */
export async function expectSoundLedger(pool: Pick<PgPool, 'connect'>): Promise<void> {
  const findings = await new InvariantQueries(pool as PgPool).findings(EVERY_ACCOUNT);
  expect(
    findings
      .filter(({ offendingCount, notChecked }) => offendingCount > 0 || notChecked !== null)
      .map(({ invariant, offendingRows, notChecked }) => ({ says: invariant.says, offendingRows, notChecked })),
  ).toEqual([]);
}
