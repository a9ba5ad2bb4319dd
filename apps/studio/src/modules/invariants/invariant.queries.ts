import { Injectable } from '@nestjs/common';
import { PgPool } from '@tandem/platform/database/pool';
import type pg from 'pg';
import type { AccountRange } from './account-ranges.ts';
import { LEDGER_INVARIANTS, type LedgerInvariant } from './ledger-invariants.ts';

/** Offending rows shown per rule; the count says how many there are. */
export const ROWS_SHOWN_MAX = 20;
/** One rule, one range. Below the driver's own limit: after that one the connection is lost to a statement that goes on. */
const STATEMENT_SECONDS = 6;
/**
 * One core, plans for the range at hand, and no compiling of them. A rule compares whole ranges: to look one row up for
 * each of another, which the planner likes where it expects few, takes the square of the time.
 */
const SETTINGS = `
  BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL statement_timeout = '${STATEMENT_SECONDS}s';
  SET LOCAL enable_seqscan = off;
  SET LOCAL enable_nestloop = off;
  SET LOCAL max_parallel_workers_per_gather = 0;
  SET LOCAL jit = off`;

/** What one rule came to over some accounts. */
export interface InvariantFinding {
  readonly invariant: LedgerInvariant;
  readonly offendingCount: number;
  readonly offendingRows: readonly Record<string, unknown>[];
  /** Why the rule was not checked to its end; null when it was. */
  readonly notChecked: string | null;
}

/** Asks the database for rows that break a rule of the ledger. */
@Injectable()
export class InvariantQueries {
  constructor(private readonly pool: PgPool) {}

  /** How many rows the ledger has, by its wallets. */
  async ledgerRows(): Promise<number> {
    const { rows } = await this.pool.query<{ entries: string }>('SELECT coalesce(sum(seq), 0) AS entries FROM wallets');
    return Number(rows[0]?.entries);
  }

  /** Accounts whose last row is from these minutes; any of them when there are more. Long ones wait for their turn. */
  async changedAccounts(minutes: number, rowsMax: number, limit: number): Promise<string[]> {
    const { rows } = await this.pool.query<{ account_id: string }>(
      `SELECT account_id FROM wallets WHERE last_entry_at >= ledger_clock() - make_interval(mins => $1) AND seq <= $2
        ORDER BY random() LIMIT $3`,
      [minutes, rowsMax, limit],
    );
    return rows.map((row) => row.account_id);
  }

  /**
   * Every rule over some accounts, against one snapshot: a movement that commits meanwhile cannot look like a broken rule.
   * A rule that fails takes its connection with it, and the others go on with a new snapshot on the next. Fails when
   * there is no connection to begin with.
   */
  async findings(range: AccountRange): Promise<InvariantFinding[]> {
    const findings: InvariantFinding[] = [];
    let client: pg.PoolClient | undefined;
    for (const invariant of LEDGER_INVARIANTS) {
      try {
        client ??= await this.begin();
        findings.push(await findingOf(client, invariant, range));
      } catch (error) {
        if (client === undefined && findings.length === 0) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        findings.push({ invariant, offendingCount: 0, offendingRows: [], notChecked: reason });
        // In an unknown state, or closed already by a driver that gave up on it: never asked again.
        client?.release(true);
        client = undefined;
      }
    }
    if (client !== undefined) await end(client);
    return findings;
  }

  private async begin(): Promise<pg.PoolClient> {
    const client = await this.pool.connect();
    try {
      await client.query(SETTINGS);
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

async function findingOf(
  client: pg.PoolClient,
  invariant: LedgerInvariant,
  range: AccountRange,
): Promise<InvariantFinding> {
  const { rows } = await client.query<Record<string, unknown> & { offending_count: string }>(
    `SELECT *, count(*) OVER () AS offending_count FROM (${invariant.sql}) offending LIMIT ${ROWS_SHOWN_MAX}`,
    [range.first, range.last],
  );
  return {
    invariant,
    offendingCount: Number(rows[0]?.offending_count ?? 0),
    offendingRows: rows.map(({ offending_count: _count, ...row }) => row),
    notChecked: null,
  };
}

/** Nothing was written: a connection that is lost now takes no finding with it, and is only not given back. */
async function end(client: pg.PoolClient): Promise<void> {
  const isEnded = await client.query('COMMIT').then(
    () => true,
    () => false,
  );
  client.release(!isEnded);
}
