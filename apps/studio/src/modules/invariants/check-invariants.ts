import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import { VerifyLedger } from '../seals/verify-ledger.ts';
import { DIGEST_CHAIN, LEDGER_INVARIANTS, type LedgerInvariant } from './ledger-invariants.ts';

/** Offending rows shown per rule; the count says how many there are. */
const ROWS_SHOWN_MAX = 20;
/** The rules read whole tables: longer than a request's statements may take, and still bounded. */
const STATEMENT_SECONDS = 60;

export interface InvariantResult {
  readonly invariant: LedgerInvariant;
  readonly offendingCount: number;
  readonly offendingRows: readonly Record<string, unknown>[];
}

/** Asks the database for rows that break a rule of the ledger. */
@Injectable()
export class CheckInvariants {
  constructor(
    private readonly pool: PgPool,
    private readonly verify: VerifyLedger,
  ) {}

  /**
   * All rules against one snapshot: a movement that commits meanwhile cannot look like a broken rule. With `full` the
   * whole digest chain is computed again as well, which takes as long as it takes; sealed rows need no snapshot.
   */
  async run({ full = false } = {}): Promise<InvariantResult[]> {
    const results = await this.inOneSnapshot();
    return full ? Promise.all(results.map((result) => this.inFull(result))) : results;
  }

  private async inFull(result: InvariantResult): Promise<InvariantResult> {
    if (result.invariant.name !== DIGEST_CHAIN) return result;
    const { broken } = await this.verify.run();
    return {
      invariant: result.invariant,
      offendingCount: broken.length,
      offendingRows: broken.slice(0, ROWS_SHOWN_MAX).map((found) => ({
        account_id: found.accountId,
        seq: found.seq,
        seal_position: found.position,
        problem: found.problem,
      })),
    };
  }

  private async inOneSnapshot(): Promise<InvariantResult[]> {
    const client = await this.pool.connect();
    let failure: unknown;
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await client.query(`SET LOCAL statement_timeout = '${STATEMENT_SECONDS}s'`);
      const results: InvariantResult[] = [];
      for (const invariant of LEDGER_INVARIANTS) {
        const { rows } = await client.query<Record<string, unknown> & { offending_count: string }>(
          `SELECT *, count(*) OVER () AS offending_count FROM (${invariant.sql}) offending LIMIT ${ROWS_SHOWN_MAX}`,
        );
        results.push({
          invariant,
          offendingCount: Number(rows[0]?.offending_count ?? 0),
          offendingRows: rows.map(({ offending_count: _count, ...row }) => row),
        });
      }
      await client.query('COMMIT');
      return results;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      // After a failure the session is in an unknown state: it is closed, not given back.
      client.release(failure !== undefined);
    }
  }
}
