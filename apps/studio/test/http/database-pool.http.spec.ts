import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PgPool } from '@tandem/platform/database/pool';
import { startStudio, type RunningStudio } from '../start-studio.ts';

const POOL_MAX = 10;
let studio: RunningStudio;

beforeAll(async () => {
  studio = await startStudio();
});
afterAll(() => studio.close());

test('the database pool opens 10 connections by default and not one more', async () => {
  const pool = studio.app.get(PgPool);
  const held = await Promise.all(Array.from({ length: POOL_MAX }, () => pool.connect()));
  const eleventh = pool.connect();
  expect(pool.counts).toEqual({ total: POOL_MAX, idle: 0, waiting: 1, max: POOL_MAX });
  held.forEach((connection) => connection.release());
  (await eleventh).release();
});
