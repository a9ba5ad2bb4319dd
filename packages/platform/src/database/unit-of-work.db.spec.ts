import 'reflect-metadata';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startFaultProxy, type FaultProxy } from '@tandem/devkit/fault-proxy';
import { createTestDatabase } from '@tandem/devkit/test-database';
import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { toProblem } from '../http/error-to-problem.ts';
import { dataSourceOptions } from './data-source-options.ts';
import { migrate } from './migrate.ts';
import { PgPool } from './pool.ts';
import { isDatabaseOutage, sqlState } from './postgres-error.ts';
import { Tx, UnitOfWork } from './unit-of-work.ts';

class CreateWallets1700000000000 implements MigrationInterface {
  name = 'CreateWallets1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE wallets (id int PRIMARY KEY, balance bigint NOT NULL, opened date)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE wallets');
  }
}

const POOL_MAX = 3;

let url: string;
let drop: () => Promise<void>;
let proxy: FaultProxy;
let dataSource: DataSource;
let pool: PgPool;
let work: UnitOfWork;
let admin: pg.Client;

beforeAll(async () => {
  ({ url, drop } = await createTestDatabase([CreateWallets1700000000000]));
  const target = new URL(url);
  proxy = await startFaultProxy({ targetHost: target.hostname, targetPort: Number(target.port) });
  target.port = String(proxy.port);
  target.hostname = '127.0.0.1';
  const options = dataSourceOptions({ url: target.href, poolMax: POOL_MAX, entities: [], applicationName: 'spec' });
  // A short client-side limit, so that a silent server shows quickly.
  const extra = { ...(options as { extra: object }).extra, query_timeout: 400, connectionTimeoutMillis: 500 };
  dataSource = new DataSource({ ...options, extra });
  await dataSource.initialize();
  pool = new PgPool(dataSource);
  work = new UnitOfWork(dataSource);
  admin = new pg.Client({ connectionString: url });
  await admin.connect();
});

afterAll(async () => {
  await dataSource?.destroy();
  await admin?.end();
  await proxy?.close();
  await drop?.();
});

beforeEach(async () => {
  await admin.query('TRUNCATE wallets');
  await admin.query(`INSERT INTO wallets VALUES (1, 9007199254740993, '2026-03-29'), (2, 100, NULL)`);
});

const balances = async () =>
  (await admin.query('SELECT balance FROM wallets ORDER BY id')).rows.map((row) => row.balance);

/** Nobody holds a connection and nobody waits: what was taken was given back or thrown away. */
function expectNothingLeaked(): void {
  expect(pool.counts.total - pool.counts.idle).toBe(0);
  expect(pool.counts.waiting).toBe(0);
}

describe('UnitOfWork', () => {
  test('commits the work and returns its result; int8 keeps every digit and dates stay dates', async () => {
    const row = await work.run(async (tx) => {
      expect(await tx.execute('UPDATE wallets SET balance = balance + 1 WHERE id = $1', [1])).toBe(1);
      const [found] = await tx.query('SELECT balance, opened FROM wallets WHERE id = 1');
      return found;
    });
    expect(row).toEqual({ balance: '9007199254740994', opened: '2026-03-29' });
    expect(await balances()).toEqual(['9007199254740994', '100']);
    expectNothingLeaked();
  });

  test('rolls everything back when the work throws, SQL and entity manager alike', async () => {
    const failure = new Error('no');
    const outcome = work.run(async (tx) => {
      await tx.query('UPDATE wallets SET balance = 0 WHERE id = 1');
      await tx.manager.query('UPDATE wallets SET balance = 0 WHERE id = 2');
      throw failure;
    });
    await expect(outcome).rejects.toBe(failure);
    expect(await balances()).toEqual(['9007199254740993', '100']);
    expectNothingLeaked();
  });

  test('runs at READ COMMITTED whatever the database defaults to', async () => {
    const level = await work.run((tx) => tx.query('SHOW transaction_isolation'));
    expect(level).toEqual([{ transaction_isolation: 'read committed' }]);
  });

  test('nobody else can make a transaction', () => {
    expect(() => new Tx(Symbol('forged') as never, {} as never, {} as never)).toThrow(/Only UnitOfWork/);
  });

  test('two transfers that deadlock both succeed, and callers see nothing', async () => {
    let arrived = 0;
    let bothHoldOne: () => void;
    const meeting = new Promise<void>((resolve) => (bothHoldOne = resolve));
    const attempts: number[] = [0, 0];
    const transfer = (index: number, from: number, to: number) =>
      work.run(async (tx) => {
        attempts[index] = (attempts[index] ?? 0) + 1;
        // The victim must outlive the server's deadlock check, not our short client limit.
        await tx.query('SET LOCAL deadlock_timeout = 50');
        await tx.query('UPDATE wallets SET balance = balance - 1 WHERE id = $1', [from]);
        if ((arrived += 1) === 2) bothHoldOne();
        await meeting;
        await tx.query('UPDATE wallets SET balance = balance + 1 WHERE id = $1', [to]);
      });
    await Promise.all([transfer(0, 1, 2), transfer(1, 2, 1)]);
    expect(attempts.reduce((sum, count) => sum + count)).toBe(3);
    expect(await balances()).toEqual(['9007199254740993', '100']);
    expectNothingLeaked();
  });

  test('gives up after three more tries of a serialization failure, as an outage', async () => {
    let attempts = 0;
    const outcome = work.run(async (tx) => {
      attempts += 1;
      await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'race' USING ERRCODE = '40001'; END $$`);
    });
    const error = await outcome.catch((reason: unknown) => reason);
    expect(attempts).toBe(4);
    expect(sqlState(error)).toBe('40001');
    expect(toProblem(error)).toMatchObject({ status: 503, code: 'unavailable', headers: { 'retry-after': '1' } });
    expectNothingLeaked();
  });

  test('a query without an answer fails at the limit, and its connection is not used again', async () => {
    const used: number[] = [];
    const error = await work
      .run(async (tx) => {
        const [row] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        used.push(row?.pid ?? 0);
        await tx.query('UPDATE wallets SET balance = 0');
        await tx.query('SELECT pg_sleep(2)');
      })
      .catch((reason: unknown) => reason);
    expect(isDatabaseOutage(error)).toBe(true);
    expectNothingLeaked();
    const now = await Promise.all(Array.from({ length: POOL_MAX }, () => pool.query('SELECT pg_backend_pid() AS pid')));
    expect(now.map(({ rows }) => (rows[0] as { pid: number }).pid)).not.toContain(used[0]);
    await admin.query('SELECT pg_terminate_backend($1)', [used[0]]);
    expect(await balances()).toEqual(['9007199254740993', '100']);
  });

  test('ordinary TypeORM queries do not leave a timed-out connection in the pool either', async () => {
    const runner = dataSource.createQueryRunner();
    const [{ pid }] = (await runner.query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
    await expect(runner.query('SELECT pg_sleep(2)')).rejects.toThrow(/timeout/);
    await runner.release();
    const now = await Promise.all(Array.from({ length: POOL_MAX }, () => pool.query('SELECT pg_backend_pid() AS pid')));
    expect(now.map(({ rows }) => (rows[0] as { pid: number }).pid)).not.toContain(pid);
    expectNothingLeaked();
  });

  test('a killed backend fails one transaction; the pool recovers and leaks no slot', async () => {
    const error = await work
      .run(async (tx) => {
        const [row] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await admin.query('SELECT pg_terminate_backend($1)', [row?.pid]);
        await tx.query('SELECT 1');
      })
      .catch((reason: unknown) => reason);
    expect(toProblem(error)).toMatchObject({ status: 503, code: 'unavailable' });
    expectNothingLeaked();
    await expect(work.run((tx) => tx.query('SELECT 1 AS one'))).resolves.toEqual([{ one: 1 }]);
  });

  test('a silent network fails transactions in bounded time, and all connections come back with it', async () => {
    await Promise.all(Array.from({ length: POOL_MAX }, () => pool.query('SELECT 1')));
    await proxy.setMode('black-hole');
    const outcomes = await Promise.allSettled(
      Array.from({ length: POOL_MAX * 2 }, () => work.run((tx) => tx.query('SELECT 1'))),
    );
    for (const outcome of outcomes) {
      expect(outcome.status).toBe('rejected');
      if (outcome.status === 'rejected') expect(toProblem(outcome.reason)).toMatchObject({ status: 503 });
    }
    await proxy.setMode('ok');
    await expect(work.run((tx) => tx.query('SELECT 1 AS one'))).resolves.toEqual([{ one: 1 }]);
    expectNothingLeaked();
  });

  test('a full pool answers as an outage inside the connection limit', async () => {
    const held = await Promise.all(Array.from({ length: POOL_MAX }, () => pool.connect()));
    const error = await work.run((tx) => tx.query('SELECT 1')).catch((reason: unknown) => reason);
    for (const client of held) client.release();
    expect(toProblem(error)).toMatchObject({ status: 503, code: 'unavailable' });
    expectNothingLeaked();
  });

  test('losing a connection that is lent out and idle does not end the process', async () => {
    const client = await pool.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const ended = new Promise((resolve) => client.once('end', resolve));
    await admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await ended;
    client.release();
    await expect(pool.query('SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
  });
});

describe('migrate', () => {
  test('two processes that start at once run each migration once', async () => {
    const fresh = await createTestDatabase([]);
    try {
      const runs = await Promise.all([
        migrate(fresh.url, [CreateWallets1700000000000]),
        migrate(fresh.url, [CreateWallets1700000000000]),
      ]);
      expect(runs.flat()).toEqual(['CreateWallets1700000000000']);
    } finally {
      await fresh.drop();
    }
  });
});
