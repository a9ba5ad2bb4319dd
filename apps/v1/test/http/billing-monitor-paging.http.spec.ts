import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BothApps } from '../../../../scenarios/both-apps.ts';

const SUMMARY = '/v1/admin/billing-monitor/summary';
const ACCOUNTS = 600;

interface Row {
  external_key: string;
  display_name: string;
  billing_mode: string;
  warnings: string[];
  credit: { available: number };
  amount_due_cents: number;
}

let apps: BothApps;
beforeAll(async () => {
  apps = await BothApps.start();
  // Names that do not follow the ids, in pairs, with a few that are not plain letters.
  await apps.v1.pool.query(
    `INSERT INTO partners (name) SELECT 'Channel ' || (($1 - n) / 2) || ' Ünïcode' FROM generate_series(1, $1::int) n`,
    [ACCOUNTS - 3],
  );
  await apps.newCreditPartner(0);
  await apps.newCreditPartner(40);
  await apps.v1.newIssued(await apps.v1.newClient('Zenith Homes'), '250.00');
});
afterAll(() => apps.stop());

async function page(query: string) {
  const { body } = await apps.v1.get(`${SUMMARY}?${query}`).expect(200);
  return body;
}

async function allPages(query: string): Promise<{ rows: Row[]; pages: number }> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const { accounts, next_cursor } = await page(`${query}${cursor === null ? '' : `&cursor=${cursor}`}`);
    rows.push(...accounts);
    cursor = next_cursor;
    pages += 1;
  } while (cursor !== null);
  return { rows, pages };
}

test('without parameters the worst 500 of 600 accounts come first, and the cursor gives the rest', async () => {
  const { rows, pages } = await allPages('');
  expect(pages).toBe(2);
  expect(new Set(rows.map((row) => row.external_key)).size).toBe(ACCOUNTS);
  expect(rows).toHaveLength(ACCOUNTS);
  expect(rows[0]?.warnings).toEqual(['insufficient_credits']);
  expect(rows.at(-1)).toMatchObject({ warnings: [], credit: { available: 40 } });
});

test('two batch calls serve 600 accounts, and none while the figures are fresh', async () => {
  apps.v1.clock.advance(60_000);
  const before = apps.link.requestsSeen;
  await page('limit=10');
  const after = apps.link.requestsSeen;
  // Two batches of up to 500 and the meta.
  expect(after - before).toBe(3);
  await page('limit=10&sort=display_name');
  expect(apps.link.requestsSeen).toBe(after);
});

test.each(['severity', 'display_name', 'available', 'amount_due', 'last_event_at'])(
  'pages sorted by %s are the whole list, each account once',
  async (sort) => {
    const { rows } = await allPages(`sort=${sort}&limit=77`);
    const whole = await allPages(`sort=${sort}`);
    expect(rows.map((row) => row.external_key)).toEqual(whole.rows.map((row) => row.external_key));
    expect(new Set(rows.map((row) => row.external_key)).size).toBe(ACCOUNTS);
  },
);

test('each sort has its own first account', async () => {
  const first = async (sort: string): Promise<Row> => (await page(`sort=${sort}&limit=1`)).accounts[0];
  expect(await first('available')).toMatchObject({ billing_mode: 'CREDIT', credit: { available: 0 } });
  expect(await first('amount_due')).toMatchObject({ display_name: 'Zenith Homes', amount_due_cents: 25_000 });
  expect(await first('display_name')).toMatchObject({ display_name: 'Channel 0 Ünïcode' });
});

test('filters show what the counts promise', async () => {
  const { counts } = await page('limit=1');
  expect(counts).toEqual({
    accounts: ACCOUNTS,
    mode: { POSTPAID: ACCOUNTS - 2, CREDIT: 2 },
    warning: {
      insufficient_credits: 1,
      studio_unreachable: 0,
      studio_cached: 0,
      not_enrolled: ACCOUNTS - 2,
    },
  });
  expect((await allPages('mode=CREDIT')).rows).toHaveLength(2);
  expect((await allPages('warning=insufficient_credits')).rows).toHaveLength(1);
  expect((await allPages('warning=not_enrolled&limit=200')).rows).toHaveLength(ACCOUNTS - 2);
  expect((await page('q=zenith')).accounts).toMatchObject([{ display_name: 'Zenith Homes' }]);
  expect((await page('q=nobody')).accounts).toEqual([]);
});

test('a cursor of another sort is refused', async () => {
  const { next_cursor } = await page('sort=amount_due&limit=1');
  await apps.v1.get(`${SUMMARY}?cursor=${next_cursor}`).expect(400);
  await apps.v1.get(`${SUMMARY}?sort=amount_due&cursor=${next_cursor}`).expect(200);
});
