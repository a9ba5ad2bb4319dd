import { expect } from '@jest/globals';
import { EVERY_ACCOUNT } from '../../src/modules/invariants/account-ranges.ts';
import { LEDGER_INVARIANTS } from '../../src/modules/invariants/ledger-invariants.ts';

/** Anything that runs a query: a pool of ours, or of the driver. */
interface Database {
  query(sql: string, values: string[]): Promise<{ rows: unknown[] }>;
}

/** Fails with the rule that is broken and the rows that break it. */
export async function expectSoundLedger(database: Database): Promise<void> {
  for (const { name, says, sql } of LEDGER_INVARIANTS) {
    const { rows } = await database.query(sql, [EVERY_ACCOUNT.first, EVERY_ACCOUNT.last]);
    expect({ name, says, offending: rows.slice(0, 5) }).toEqual({ name, says, offending: [] });
  }
}
