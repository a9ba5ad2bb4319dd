import { afterAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

class CreateWallet1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table wallet (id int primary key)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table wallet');
  }
}

class CreateNothing1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('select this is not sql');
  }
  async down(): Promise<void> {}
}

const databases: TestDatabase[] = [];

async function create(...parameters: Parameters<typeof createTestDatabase>): Promise<TestDatabase> {
  const database = await createTestDatabase(...parameters);
  databases.push(database);
  return database;
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

afterAll(async () => {
  for (const database of databases) await database.drop();
});

describe('createTestDatabase', () => {
  test('gives each caller its own migrated database, and prepares the template once', async () => {
    let prepared = 0;
    const prepare = async (url: string) => {
      prepared += 1;
      await query(url, 'create table job (id int)');
    };
    const [first, second] = await Promise.all([
      create([CreateWallet1700000000000], prepare),
      create([CreateWallet1700000000000], prepare),
    ]);
    await query(first.url, 'insert into wallet values (1)');
    expect(await query(first.url, 'select id from wallet')).toEqual([{ id: 1 }]);
    expect(await query(second.url, 'select id from wallet')).toEqual([]);
    expect(await query(second.url, 'select id from job')).toEqual([]);
    expect(prepared).toBe(1);
  });

  test('a migration that fails is reported, and never becomes a template', async () => {
    await expect(create([CreateNothing1700000000001])).rejects.toThrow(/syntax error/);
    await expect(create([CreateNothing1700000000001])).rejects.toThrow(/syntax error/);
  });

  test('drop removes the database even while a session is open on it', async () => {
    const database = await createTestDatabase([]);
    const client = new pg.Client({ connectionString: database.url });
    // The server ends this session on purpose.
    client.on('error', () => undefined);
    await client.connect();
    await database.drop();
    await expect(query(database.url, 'select 1')).rejects.toThrow(/does not exist/);
    await client.end().catch(() => undefined);
  });
});
