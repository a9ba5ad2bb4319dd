import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openBooks, type Books } from '../support/books.ts';

interface Listed {
  external_key: string;
  credit: { available: number };
}

let books: Books;
beforeAll(async () => {
  books = await openBooks();
});
afterAll(() => books.studio.close());

/** Counts in the database how often somebody asks what is over of an account's lots. */
async function countDueLots(): Promise<() => Promise<number>> {
  const { pool } = books.studio;
  await pool.query('CREATE SEQUENCE due_lot_calls');
  await pool.query('ALTER FUNCTION due_lot_credits(uuid) RENAME TO due_lot_credits_uncounted');
  await pool.query(`
    CREATE FUNCTION due_lot_credits(uuid) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
    AS $body$ BEGIN PERFORM nextval('due_lot_calls'); RETURN due_lot_credits_uncounted($1); END $body$`);
  return async () => {
    const { rows } = await pool.query<{ calls: string }>(
      'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS calls FROM due_lot_calls',
    );
    return Number(rows[0]?.calls);
  };
}

test('what has ended of lots is worked out for the page alone, and shown there', async () => {
  const keys: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    const key = await books.account();
    await books.send('grant', key, { amount: 10 + n });
    await books.send('grant', key, { amount: 5, expires_at: books.inMinutes(60) });
    keys.push(key);
  }
  const calls = await countDueLots();
  await books.setClock(90);
  const { body } = await books.operator
    .get('/v1/operator/accounts')
    .query({ sort: 'available', limit: '2', low_balance_below: '100' })
    .expect(200);
  await books.setClock(0);
  const items = (body as { items: Listed[] }).items;
  expect(items.map(({ external_key, credit }) => [external_key, credit.available])).toEqual([
    [keys[0], 10],
    [keys[1], 11],
  ]);
  // One account more than shown tells whether there is a next page.
  expect(await calls()).toBe(3);
});
