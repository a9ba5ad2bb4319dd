import type { Tx } from '@tandem/platform/database/unit-of-work';

/**
 * Lets all reads of a transaction see one state of the database, and refuses writes in it. Must come first in it.
 */
export async function seeOneState(tx: Tx): Promise<void> {
  await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
}
