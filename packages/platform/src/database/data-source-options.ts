import pg from 'pg';
import type { DataSourceOptions, MixedList } from 'typeorm';
import { DiscardingClient } from './pg-client.ts';

export interface DatabaseOptions {
  readonly url: string;
  readonly poolMax: number;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type for entity classes
  readonly entities: Function[];
  /** Shown by `pg_stat_activity`. */
  readonly applicationName: string;
}

const DATE_OID = 1082;

// A calendar date has no time zone; pg would make it midnight of wherever the process runs.
const types = {
  getTypeParser: (oid: number, format?: string): unknown =>
    oid === DATE_OID && format !== 'binary'
      ? (text: string) => text
      : (pg.types.getTypeParser as (oid: number, format?: string) => unknown)(oid, format),
};

/**
 * TypeORM over pg as both services use it. Values of type int8 and numeric arrive as strings, so that none loses digits.
 * The server cuts a statement first (5 s); the client's own limit (8 s) is for a server that no longer answers at all.
 */
export function dataSourceOptions(options: DatabaseOptions): DataSourceOptions {
  return {
    type: 'postgres',
    url: options.url,
    applicationName: options.applicationName,
    poolSize: options.poolMax,
    entities: options.entities as MixedList<never>,
    synchronize: false,
    migrationsRun: false,
    installExtensions: false,
    logging: false,
    extra: {
      Client: DiscardingClient,
      types,
      keepAlive: true,
      connectionTimeoutMillis: 2000,
      query_timeout: 8000,
      statement_timeout: 5000,
      lock_timeout: 2000,
      idle_in_transaction_session_timeout: 10_000,
      // UnitOfWork relies on this level without asking for it in every transaction.
      options: '-c default_transaction_isolation=read\\ committed',
    },
  };
}
