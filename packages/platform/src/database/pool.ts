import type { DataSource } from 'typeorm';
import type pg from 'pg';

export interface PreparedQuery {
  /** Prepared once per connection under this name; the name must belong to one text only. */
  readonly name: string;
  readonly text: string;
  readonly values?: unknown[];
  /** Rows as arrays, in the order of the columns. */
  readonly rowMode?: 'array';
  /** How columns are read, in place of the ordinary way. */
  readonly types?: pg.CustomTypesConfig;
}

/** For `PreparedQuery.types`: every column stays the text PostgreSQL sent, for a reader that knows which it needs. */
export const TEXT_COLUMNS: pg.CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/**
 * The pool behind TypeORM, for SQL of our own. One statement is one transaction here; several that belong together go
 * through UnitOfWork.
 */
export class PgPool {
  private readonly pool: pg.Pool;

  constructor(dataSource: DataSource) {
    this.pool = (dataSource.driver as unknown as { master: pg.Pool }).master;
  }

  /** Runs one statement. int8 and numeric columns arrive as strings, dates as `YYYY-MM-DD`. */
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    statement: string | PreparedQuery,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    return typeof statement === 'string' ? this.pool.query<Row>(statement, values) : this.pool.query<Row>(statement);
  }

  /** A connection of one's own; `release(true)` when its state is unknown. */
  connect(): Promise<pg.PoolClient> {
    return this.pool.connect();
  }

  /** Connections open, idle and waited for. */
  get counts(): { readonly total: number; readonly idle: number; readonly waiting: number; readonly max: number } {
    const { totalCount, idleCount, waitingCount, options } = this.pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount, max: options.max };
  }
}
