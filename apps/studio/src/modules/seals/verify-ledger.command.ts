import type { PgPool } from '@tandem/platform/database/pool';
import { Command, InvalidArgumentError } from 'commander';
import { SealQueries, type BrokenSeal } from './seal.queries.ts';
import { VerifyLedger, type KeptHead } from './verify-ledger.ts';

export interface VerifyLedgerContext {
  /** Runs work over a connection that is closed afterwards. */
  readonly withDatabase: <T>(work: (pool: PgPool) => Promise<T>) => Promise<T>;
  readonly print: (answer: unknown) => void;
}

/** `verify-ledger`: computes the whole digest chain again. The exit code is 1 when anything does not fit. */
export function verifyLedgerCommand({ withDatabase, print }: VerifyLedgerContext): Command {
  return new Command('verify-ledger')
    .description(
      'compute the digest of every sealed row, seal and head again, and name the first that does not fit; reads only, and may run beside a working Studio',
    )
    .option('--head <position:digest>', 'a head kept outside (GET /v1/ledger/head): it must still be there', parseHead)
    .action(async ({ head }: { head?: KeptHead }) => {
      await withDatabase(async (pool) => {
        const seals = new SealQueries(pool);
        const verification = await new VerifyLedger(seals).run({ kept: head, onProgress: showProgress });
        endProgress();
        const [first] = verification.broken;
        const newest = await seals.head();
        print({
          ok: first === undefined,
          seals: verification.seals,
          rows: verification.rows,
          heads: verification.heads,
          newest_head: newest && `${newest.position}:${newest.digest}`,
          broken: verification.broken.length,
          first: first === undefined ? null : await describe(seals, first),
        });
        if (first !== undefined) process.exitCode = 1;
      });
    });
}

async function describe(seals: SealQueries, broken: BrokenSeal): Promise<object> {
  return {
    external_key: broken.accountId === null ? null : await seals.externalKeyOf(broken.accountId),
    account_id: broken.accountId,
    seq: broken.seq,
    seal_position: broken.position,
    problem: broken.problem,
  };
}

/** One line that is written over, and only where somebody watches. */
function showProgress({ seals, sealsTotal, rows }: { seals: number; sealsTotal: number; rows: number }): void {
  if (process.stderr.isTTY) process.stderr.write(`\rverified ${seals} of ${sealsTotal} seals, ${rows} rows`);
}

function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\n');
}

function parseHead(text: string): KeptHead {
  const [, position, digest] = /^([1-9][0-9]{0,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (position === undefined || digest === undefined) {
    throw new InvalidArgumentError('It must be a position and 64 hexadecimal digits, such as 12:9f86d0...');
  }
  return { position: Number(position), digest };
}
