import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Explanation, LedgerRow, Statement, StatementsPage } from '@tandem/contracts';
import { parse } from 'csv-parse/sync';
import { ExpireHolds } from '../../src/modules/ledger/expire-holds.ts';
import { ExpireLots } from '../../src/modules/ledger/expire-lots.ts';
import { expectSoundLedger } from '../ledger/expect-sound-ledger.ts';
import { openBooks, type Books } from '../support/books.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

let books: Books;
let key: string;
let account: string;
/** First moment of the month after the one tomorrow lies in, and that month and the next by name. */
let turn: Date;
let old: string;
let fresh: string;

beforeAll(async () => {
  books = await openBooks();
  const tomorrow = new Date(Date.now() + DAY_MINUTES * MINUTE_MS);
  turn = new Date(Date.UTC(tomorrow.getUTCFullYear(), tomorrow.getUTCMonth() + 1));
  old = new Date(turn.getTime() - 1).toISOString().slice(0, 7);
  fresh = turn.toISOString().slice(0, 7);
});
beforeEach(async () => {
  await books.setClock(0);
  key = await books.account();
  account = `/v1/billing/accounts/${key}`;
});
afterAll(async () => {
  await expectSoundLedger(books.studio.pool);
  await books.studio.close();
});

const fromTurn = (minutes: number): Date => new Date(turn.getTime() + minutes * MINUTE_MS);
/** Sets the books' clock to so many minutes after the turn of the month. */
const goTo = (minutes: number): Promise<void> =>
  books.setClock(Math.round((fromTurn(minutes).getTime() - Date.now()) / MINUTE_MS));
const statement = (month: string): Promise<Statement> => books.get(`${account}/statements/${month}`);
const months = async (): Promise<StatementsPage['items']> =>
  (await books.get<StatementsPage>(`${account}/statements`)).items;
const work = (id: number, more: object = {}): object => ({ ref_type: 'job', ref_id: String(id), ...more });

async function csv(path: string): Promise<Record<string, string>[]> {
  const { text } = await books.service.get(`${account}/${path}`).expect(200);
  return parse(text, { columns: true, record_delimiter: '\r\n' });
}

async function sweep(): Promise<void> {
  await books.studio.app.get(ExpireHolds).run();
  await books.studio.app.get(ExpireLots).run();
}

/** A month with a hold and a lot that run out just before it ends, while nobody looks. */
async function monthThatEndsUnswept(): Promise<void> {
  await goTo(-30);
  await books.send('purchase', key, { amount: 100, ref_type: 'order', ref_id: 'o1' });
  await books.send('grant', key, { amount: 27, expires_at: fromTurn(-5).toISOString() });
  await books.send('grant', key, { amount: 3, priority: 200, expires_at: fromTurn(5 * DAY_MINUTES).toISOString() });
  await books.send('grant', key, { amount: 3, expires_at: fromTurn(60 * DAY_MINUTES).toISOString() });
  await books.send('charge', key, { amount: 2 });
  await books.send('reserve', key, work(1, { amount: 20, expires_in_minutes: 20 }));
  await goTo(10);
}

test('what ran out in a month counts in it, before and after somebody writes so; then the month is final', async () => {
  await monthThatEndsUnswept();
  const before = await statement(old);
  expect(before).toMatchObject({
    month: old,
    to: turn.toISOString(),
    final: false,
    opening: { balance: 0, reserved: 0, available: 0 },
    closing: { balance: 106, reserved: 0, available: 106 },
    balance_movements: [
      { reason: 'CHARGE', count: 1, amount: -2 },
      { reason: 'GRANT', count: 3, amount: 33 },
      { reason: 'LOT_EXPIRY', count: 2, amount: -25 },
      { reason: 'TOPUP', count: 1, amount: 100 },
    ],
    reserved_movements: [
      { reason: 'EXPIRE', count: 1, amount: -20 },
      { reason: 'RESERVE', count: 1, amount: 20 },
    ],
    unwritten: { count: 3 },
    lots_complete: true,
  });
  expect(before.lots_ending_next_month).toMatchObject([{ kind: 'promotional', priority: 200, left: 3 }]);
  await books.send('charge', key, { amount: 1 });
  await sweep();
  const { final, unwritten, balance_movements: moved, ...after } = await statement(old);
  expect([final, unwritten]).toEqual([true, { count: 0, amount: 0 }]);
  expect(moved).toEqual(before.balance_movements);
  expect(before).toMatchObject(after);
  expect(await statement(fresh)).toMatchObject({
    final: false,
    opening: before.closing,
    closing: { balance: 105 },
    balance_movements: [{ reason: 'CHARGE', count: 1, amount: -1 }],
    reserved_movements: [],
  });
});

test('each month opens with what the month before closed with, and explains to the same figures', async () => {
  await monthThatEndsUnswept();
  await books.send('reserve', key, work(2, { amount: 4, expires_in_minutes: 60 }));
  await goTo(40 * DAY_MINUTES);
  await books.send('charge', key, { amount: 6 });
  for (let round = 0; round < 2; round += 1) {
    const found = await months();
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const [index, month] of found.entries()) {
      const next = found[index - 1];
      if (next) expect(next.opening).toEqual(month.closing);
      const last = new Date(new Date(month.to).getTime() - 1).toISOString().replace(/\.\d+Z/, '.999999Z');
      const at = index === 0 ? {} : { at: last };
      const { balance, reserved, available } = await books.get<Explanation>(`${account}/explain`, at);
      expect(month.closing).toEqual({ balance: balance.amount, reserved: reserved.amount, available });
      const whole = await statement(month.month);
      expect(whole).toMatchObject(month);
      const sum = whole.balance_movements.reduce((total, { amount }) => total + amount, 0);
      expect(sum).toBeCloseTo(month.closing.balance - month.opening.balance, 6);
    }
    expect(found.at(-1)?.opening.balance).toBe(0);
    await sweep();
  }
});

test('months come in pages, newest first, without gap or repeat', async () => {
  await goTo(95 * DAY_MINUTES);
  const names = (await months()).map(({ month }) => month);
  expect(names.length).toBeGreaterThan(3);
  const paged: string[] = [];
  let cursor: string | null = null;
  do {
    const page: StatementsPage = await books.get(`${account}/statements`, {
      limit: 2,
      ...(cursor !== null && { cursor }),
    });
    paged.push(...page.items.map(({ month }) => month));
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(paged).toEqual(names);
});

test('shortfalls count in the month they came up in, and in the one they were dealt with', async () => {
  await goTo(-30);
  await books.send('grant', key, { amount: 1 });
  await books.send('consume', key, work(1, { amount: 5, on_missing_hold: 'settle' }));
  await goTo(10);
  await books.send('grant', key, { amount: 10 });
  const { rows } = await books.studio.pool.query<{ shortfall_id: string }>(
    'SELECT s.shortfall_id FROM shortfalls s JOIN accounts USING (account_id) WHERE external_key = $1',
    [key],
  );
  await books.operator
    .post(`/v1/operator/accounts/${key}/shortfalls/${rows[0]?.shortfall_id}/recover`)
    .send({ reason: 'paid', idempotency_key: 'r1' })
    .expect(201);
  expect(await statement(old)).toMatchObject({
    shortfalls_opened: { count: 1, amount: 4 },
    shortfalls_closed: { count: 0, amount: 0 },
  });
  expect(await statement(fresh)).toMatchObject({
    shortfalls_opened: { count: 0, amount: 0 },
    shortfalls_closed: { count: 1, amount: 4 },
  });
});

describe('the file of a month', () => {
  test('holds every movement that counts in a final month, and adds up to closing less opening', async () => {
    await monthThatEndsUnswept();
    await books.send('charge', key, { amount: 1 });
    await sweep();
    const found = await statement(old);
    const rows = await csv(`statements/${old}/entries.csv`);
    expect(rows.map((row) => row.reason).sort()).toEqual(
      ['CHARGE', 'EXPIRE', 'GRANT', 'GRANT', 'GRANT', 'LOT_EXPIRY', 'LOT_EXPIRY', 'RESERVE', 'TOPUP'].sort(),
    );
    const sum = rows.reduce((total, row) => total + Number(row.balance_delta), 0);
    expect(sum).toBe(found.closing.balance - found.opening.balance);
    expect((await csv(`statements/${fresh}/entries.csv`)).map((row) => row.reason)).toEqual(['CHARGE']);
    const answer = await books.operator.get(`/v1/operator/accounts/${key}/statements/${old}/entries.csv`).expect(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="entries-${key.replaceAll(':', '-')}-${old}.csv"`,
      'x-content-type-options': 'nosniff',
    });
    expect(answer.text.split('\r\n')[0]).toBe(
      'seq,id,reason,delta,balance_delta,reserved_delta,balance_after,reserved_after,ref_type,ref_id,acceptance,' +
        'reservation_id,idempotency_key,client,acting_user,note,created_at,effective_at',
    );
  });

  test('a month without the account, or without a beginning, has no statement', async () => {
    await books.service.get(`${account}/statements/1999-12`).expect(404);
    await books.service.get(`${account}/statements/2999-12`).expect(404);
    await books.service.get(`${account}/statements/2999-12/entries.csv`).expect(404);
    await books.service.get(`${account}/statements/2026-13`).expect(400);
    await books.service.get(`${account}/statements/now/entries.csv`).expect(400);
    await books.service.get(`${account}/statements`).query({ cursor: 'x' }).expect(400);
  });
});

describe('movements by what they are', () => {
  test('the list and the file answer the same filters alike', async () => {
    await monthThatEndsUnswept();
    await books.send('reserve', key, work(7, { amount: 2 }));
    await sweep();
    const all = (await books.get<{ items: LedgerRow[] }>('/v1/billing/credits/ledger', { external_key: key })).items;
    const filters: [object, (row: LedgerRow) => boolean][] = [
      [{}, () => true],
      [{ kind: 'GRANT' }, (row) => row.reason === 'GRANT'],
      [{ ref_type: 'job' }, (row) => row.ref_type === 'job'],
      [{ ref_type: 'job', ref_id: '7' }, (row) => row.ref_id === '7'],
      [{ to: turn.toISOString() }, (row) => row.effective_at < turn.toISOString()],
      [{ from: turn.toISOString() }, (row) => row.effective_at >= turn.toISOString()],
      [{ from: fromTurn(-12).toISOString(), kind: 'EXPIRE' }, (row) => row.reason === 'EXPIRE'],
    ];
    for (const [filter, fits] of filters) {
      const expected = all.filter(fits).map((row) => row.seq);
      expect(expected.length).toBeGreaterThan(0);
      const listed = await books.get<{ items: LedgerRow[]; next_cursor: string | null }>('/v1/billing/credits/ledger', {
        external_key: key,
        ...filter,
      });
      expect(listed.items.map((row) => row.seq)).toEqual(expected);
      expect(listed.next_cursor).toBeNull();
      const { body } = await books.operator.get(`/v1/operator/accounts/${key}/ledger`).query(filter).expect(200);
      expect(body).toEqual(listed);
      const query = new URLSearchParams(filter as Record<string, string>).toString();
      expect((await csv(`ledger.csv?${query}`)).map((row) => Number(row.seq))).toEqual([...expected].reverse());
      const file = await books.operator.get(`/v1/operator/accounts/${key}/ledger.csv`).query(filter).expect(200);
      expect(file.headers['content-disposition']).toBe(`attachment; filename="ledger-${key.replaceAll(':', '-')}.csv"`);
    }
  });

  test.each([{ kind: 'NOTHING' }, { from: 'yesterday' }, { to: '2026-01-01' }, { ref_id: "'; DROP" }, { other: '1' }])(
    '%p is refused with 400',
    async (filter) => {
      await books.service
        .get('/v1/billing/credits/ledger')
        .query({ external_key: key, ...filter })
        .expect(400);
      await books.service.get(`${account}/ledger.csv`).query(filter).expect(400);
      await books.operator.get(`/v1/operator/accounts/${key}/ledger`).query(filter).expect(400);
    },
  );
});

test('strangers, other namespaces and unknown accounts are refused', async () => {
  await books.send('grant', key, { amount: 1 });
  const month = new Date().toISOString().slice(0, 7);
  const elsewhere = books.studio.as(await books.studio.serviceToken({ namespace: 'v2:' }));
  const blind = books.studio.as(await books.studio.serviceToken({ scopes: ['events:write'] }));
  for (const path of ['statements', `statements/${month}`, `statements/${month}/entries.csv`, 'ledger.csv']) {
    await books.service.get(`${account}/${path}`).expect(200);
    await books.operator.get(`/v1/operator/accounts/${key}/${path}`).expect(200);
    await elsewhere.get(`${account}/${path}`).expect(403);
    await blind.get(`${account}/${path}`).expect(403);
    await books.studio.as({}).get(`${account}/${path}`).expect(401);
    await books.studio.as({}).get(`/v1/operator/accounts/${key}/${path}`).expect(401);
    await books.service.get(`/v1/billing/accounts/v1:partner:404404/${path}`).expect(404);
    await books.operator.get(`/v1/operator/accounts/v1:partner:404404/${path}`).expect(404);
  }
});
