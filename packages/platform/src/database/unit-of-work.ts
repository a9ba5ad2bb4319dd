import type pg from 'pg';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { isRetryable } from './postgres-error.ts';

const ATTEMPTS_MAX = 4;
const RETRY_DELAY_MS = 20;

const made = Symbol('made by UnitOfWork');

/** An open transaction. Whoever holds one is inside `UnitOfWork.run`; nobody else can make one. */
export class Tx {
  constructor(
    brand: typeof made,
    private readonly client: pg.PoolClient,
    readonly manager: EntityManager,
  ) {
    if (brand !== made) throw new Error('Only UnitOfWork makes a transaction.');
  }

  /** Runs one statement and gives its rows. */
  async query<Row extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, params?: unknown[]): Promise<Row[]> {
    const result = await this.client.query<Row>(sql, params);
    return result.rows;
  }

  /** Runs one statement and gives the number of rows it changed. */
  async execute(sql: string, params?: unknown[]): Promise<number> {
    const result = await this.client.query(sql, params);
    return result.rowCount ?? 0;
  }
}

// TypeORM can drop a connection instead of returning it to the pool, but does not publish the method.
type DiscardableQueryRunner = QueryRunner & { releasePostgresConnection(error?: Error): Promise<void> };

/** The only place a transaction opens. */
export class UnitOfWork {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one READ COMMITTED transaction. It is rolled back when `work` throws, and run again from its start
   * (at most 3 times) when PostgreSQL chose it as the victim of a deadlock or a serialization failure; so `work` must
   * not have effects outside the transaction.
   */
  async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (attempt >= ATTEMPTS_MAX || !isRetryable(error)) throw error;
      }
      // Random, so that the transactions that met do not meet again.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * RETRY_DELAY_MS * 2 ** attempt));
    }
  }

  private async attempt<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner() as DiscardableQueryRunner;
    let broken: Error | undefined;
    try {
      const client = (await runner.connect()) as pg.PoolClient;
      await runner.startTransaction();
      const result = await work(new Tx(made, client, runner.manager));
      await runner.commitTransaction();
      return result;
    } catch (error) {
      broken = await rollBack(runner);
      throw error;
    } finally {
      await runner.releasePostgresConnection(broken);
    }
  }
}

/** Ends a failed transaction; gives the error when its connection is in an unknown state and must not be used again. */
async function rollBack(runner: QueryRunner): Promise<Error | undefined> {
  if (!runner.isTransactionActive || runner.isReleased) return undefined;
  try {
    await runner.rollbackTransaction();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error('ROLLBACK failed', { cause: error });
  }
}
