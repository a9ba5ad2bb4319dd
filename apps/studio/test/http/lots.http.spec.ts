import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EntryLots, LotMovementsPage, LotRow, LotsPage } from '@tandem/contracts';
import { AdvanceLots } from '../../src/modules/ledger/advance-lots.ts';
import { expectSoundLedger } from '../ledger/expect-sound-ledger.ts';
import { openBooks, type Books } from '../support/books.ts';

let books: Books;
let key: string;

beforeAll(async () => {
  books = await openBooks();
});
beforeEach(async () => {
  await books.setClock(0);
  key = await books.account();
});
afterAll(async () => {
  await expectSoundLedger(books.studio.pool);
  await books.studio.close();
});

const work = (id: number, more: object = {}): object => ({
  ref_type: 'commission_request',
  ref_id: String(id),
  ...more,
});
const lotsOf = async (account: string): Promise<LotRow[]> =>
  (await books.get<LotsPage>(`/v1/billing/accounts/${encodeURIComponent(account)}/lots`)).items;
const lotsOfEntry = (seq: number): Promise<EntryLots> => books.get(`/v1/billing/accounts/${key}/ledger/${seq}/lots`);
const movements = async (lot: string): Promise<[string, number][]> =>
  (await books.get<LotMovementsPage>(`/v1/billing/accounts/${key}/lots/${lot}/movements`)).items.map((row) => [
    row.reason,
    row.amount,
  ]);
const nothing = { free: 0, held: 0, spent: 0, expired: 0, clawed_back: 0, transferred: 0, reversed: 0 };

describe('what is left of lots, at the head of the ledger', () => {
  test('the sooner ending promotional lot is held and spent first, and a charge names the lots that paid', async () => {
    const bought = await books.send('purchase', key, { amount: 10, ref_type: 'order', ref_id: 'o1' });
    const given = await books.send('grant', key, { amount: 4, expires_at: books.inMinutes(60) });
    const hold = await books.send('reserve', key, work(1, { amount: 6 }));
    expect(await lotsOf(key)).toMatchObject([
      { ...nothing, seq: given.seq, kind: 'promotional', amount: 4, held: 4 },
      { ...nothing, seq: bought.seq, kind: 'purchased', amount: 10, free: 8, held: 2 },
    ]);
    expect(await lotsOfEntry(hold.seq)).toMatchObject({
      reason: 'RESERVE',
      shares: [],
      holds: [
        { kind: 'purchased', amount: 2 },
        { kind: 'promotional', amount: 4 },
      ],
    });
    await books.send('consume', key, work(1, { amount: 5 }));
    const [promotional, purchased] = await lotsOf(key);
    expect([promotional, purchased]).toMatchObject([
      { ...nothing, amount: 4, spent: 4 },
      { ...nothing, amount: 10, free: 9, spent: 1 },
    ]);
    expect((await lotsOfEntry(hold.seq + 1)).shares).toEqual([
      { lot_id: purchased?.id, kind: 'purchased', amount: -1 },
      { lot_id: promotional?.id, kind: 'promotional', amount: -4 },
    ]);
    expect((await lotsOfEntry(hold.seq)).holds).toEqual([]);
    expect(await movements(promotional!.id)).toEqual([
      ['CONSUME', -4],
      ['GRANT', 4],
    ]);
  });

  test('a lot that ends in the middle of a hold reads as expired, and what was held ends with the hold', async () => {
    await books.send('grant', key, { amount: 10, expires_at: books.inMinutes(30) });
    await books.send('reserve', key, work(1, { amount: 6, expires_in_minutes: 60 }));
    await books.setClock(31);
    expect(await lotsOf(key)).toMatchObject([{ ...nothing, amount: 10, held: 6, expired: 4 }]);
    await books.setClock(61);
    // Nobody has swept: no row was written since the hold.
    expect(await lotsOf(key)).toMatchObject([{ ...nothing, amount: 10, expired: 10 }]);
    await books.send('grant', key, { amount: 1 });
    await books.send('consume', key, work(1, { amount: 1, on_missing_hold: 'settle' }));
    const [fresh, ended] = await lotsOf(key);
    expect(ended).toMatchObject({ ...nothing, amount: 10, expired: 10 });
    expect(fresh).toMatchObject({ ...nothing, amount: 1, spent: 1 });
    expect(await movements(ended!.id)).toEqual([
      ['LOT_EXPIRY', -6],
      ['LOT_EXPIRY', -4],
      ['GRANT', 10],
    ]);
  });

  test('a hold gives back what it took to the lots it took it from', async () => {
    await books.send('grant', key, { amount: 3, priority: 50 });
    await books.send('grant', key, { amount: 5 });
    await books.send('reserve', key, work(1, { amount: 6 }));
    expect(await lotsOf(key)).toMatchObject([
      { free: 2, held: 3 },
      { free: 0, held: 3 },
    ]);
    await books.send('release', key, work(1, { amount: 4 }));
    expect(await lotsOf(key)).toMatchObject([
      { free: 5, held: 0 },
      { free: 1, held: 2 },
    ]);
    await books.send('release', key, work(1));
    expect(await lotsOf(key)).toMatchObject([
      { ...nothing, amount: 5, free: 5 },
      { ...nothing, amount: 3, free: 3 },
    ]);
  });

  test('a reversal gives a debit back to its lots and takes a credit out of its own', async () => {
    const first = await books.send('grant', key, { amount: 2, priority: 10 });
    await books.send('grant', key, { amount: 5 });
    const { seq: charged } = await books.send('charge', key, { amount: 4 });
    const undone = await books.send('reverse', key, { seq: charged });
    const shares = (await lotsOfEntry(undone.seq)).shares.map(({ kind, amount }) => [kind, amount]);
    expect(shares).toEqual([
      ['promotional', 2],
      ['promotional', 2],
    ]);
    await books.send('reverse', key, { seq: first.seq });
    expect(await lotsOf(key)).toMatchObject([
      { ...nothing, amount: 5, free: 5 },
      { ...nothing, amount: 2, reversed: 2 },
    ]);
  });

  test('a transfer keeps kind, place and end of each lot, and names the other account', async () => {
    const other = await books.account();
    const end = books.inMinutes(500);
    await books.send('grant', key, { amount: 2, priority: 7, expires_at: end });
    await books.send('purchase', key, { amount: 5, ref_type: 'order', ref_id: 'o1' });
    await books.send('transfer', key, { amount: 4, to_external_key: other });
    const [kept, gone] = await lotsOf(key);
    expect([kept, gone]).toMatchObject([
      { ...nothing, amount: 5, free: 3, transferred: 2 },
      { ...nothing, amount: 2, transferred: 2 },
    ]);
    const arrived = (await lotsOf(other)).map(({ kind, priority, expires_at, free }) => ({
      kind,
      priority,
      expires_at,
      free,
    }));
    expect(arrived).toContainEqual({ kind: 'promotional', priority: 7, expires_at: end, free: 2 });
    expect(arrived).toContainEqual({ kind: 'purchased', priority: 100, expires_at: null, free: 2 });
    const { items } = await books.get<LotMovementsPage>(`/v1/billing/accounts/${key}/lots/${gone?.id}/movements`);
    expect(items[0]).toMatchObject({ reason: 'TRANSFER_OUT', amount: -2, counterparty_id: expect.any(String) });
  });

  test('a clawback takes what is free now and what is held when the hold ends; what was spent stays spent', async () => {
    await books.send('purchase', key, { amount: 10, ref_type: 'order', ref_id: 'o1' });
    await books.send('charge', key, { amount: 3 });
    await books.send('reserve', key, work(1, { amount: 5, expires_in_minutes: 60 }));
    await books.send('clawback', key, { ref_type: 'order', ref_id: 'o1' });
    expect(await lotsOf(key)).toMatchObject([{ ...nothing, amount: 10, held: 5, spent: 3, clawed_back: 2 }]);
    await books.send('consume', key, work(1, { amount: 1 }));
    expect(await lotsOf(key)).toMatchObject([{ ...nothing, amount: 10, spent: 4, clawed_back: 6 }]);
  });
});

test('stored and folded parts make the same answer, whichever part of the ledger is folded already', async () => {
  await books.send('grant', key, { amount: 20, expires_at: books.inMinutes(100) });
  await books.send('purchase', key, { amount: 20, ref_type: 'order', ref_id: 'o1' });
  for (let n = 1; n <= 6; n += 1) {
    await books.send('reserve', key, work(n, { amount: 4 }));
    if (n % 2 === 0) await books.send('consume', key, work(n, { amount: 3 }));
    if (n === 3) await books.send('charge', key, { amount: 5 });
  }
  const account = `/v1/billing/accounts/${key}`;
  const everything = async (): Promise<unknown[]> => {
    const lots = await books.get<LotsPage>(`${account}/lots`);
    const traces = await Promise.all(
      lots.items.map(({ id }) => books.get<LotMovementsPage>(`${account}/lots/${id}/movements`)),
    );
    const entries = [];
    for (let seq = 1; seq <= lots.folded_seq; seq += 1) entries.push(await lotsOfEntry(seq));
    return [lots, traces, entries];
  };
  const [{ account_id: accountId } = { account_id: '' }] = (
    await books.studio.pool.query<{ account_id: string }>('SELECT account_id FROM accounts WHERE external_key = $1', [
      key,
    ])
  ).rows;
  const before = await everything();
  const stored = await books.studio.pool.query('SELECT folded_seq FROM lot_progress WHERE account_id = $1', [
    accountId,
  ]);
  expect(stored.rows).toEqual([{ folded_seq: '0' }]);
  for (let step = 0; step < 5; step += 1) {
    await books.studio.pool.query('SELECT advance_lots(ARRAY[$1::uuid], 4)', [accountId]);
    expect(await everything()).toEqual(before);
  }
  await books.studio.app.get(AdvanceLots).run();
  expect(await everything()).toEqual(before);
});

test('movements of a lot come in pages without gap or repeat, and end with the credit that brought it', async () => {
  await books.send('grant', key, { amount: 100 });
  for (let n = 0; n < 11; n += 1) await books.send('charge', key, { amount: 1 });
  const [lot] = await lotsOf(key);
  const seqs: number[] = [];
  let cursor: string | null | undefined;
  do {
    const page: LotMovementsPage = await books.get(`/v1/billing/accounts/${key}/lots/${lot?.id}/movements`, {
      limit: 5,
      ...(cursor != null && { cursor }),
    });
    seqs.push(...page.items.map((row) => row.seq));
    cursor = page.next_cursor;
    await books.studio.app.get(AdvanceLots).run();
  } while (cursor !== null);
  expect(seqs).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
});

describe('who may ask', () => {
  test('operators read the same; strangers, other namespaces and unknown things are refused', async () => {
    const { seq } = await books.send('grant', key, { amount: 5 });
    const [lot] = await lotsOf(key);
    for (const path of ['lots', `lots/${lot?.id}/movements`, `ledger/${seq}/lots`]) {
      const { body } = await books.operator.get(`/v1/operator/accounts/${key}/${path}`).expect(200);
      expect(body).toEqual(await books.get(`/v1/billing/accounts/${encodeURIComponent(key)}/${path}`));
      const elsewhere = books.studio.as(await books.studio.serviceToken({ namespace: 'v2:' }));
      await elsewhere.get(`/v1/billing/accounts/${key}/${path}`).expect(403);
      const blind = books.studio.as(await books.studio.serviceToken({ scopes: ['events:write'] }));
      await blind.get(`/v1/billing/accounts/${key}/${path}`).expect(403);
      await books.studio.as({}).get(`/v1/billing/accounts/${key}/${path}`).expect(401);
      await books.studio.as({}).get(`/v1/operator/accounts/${key}/${path}`).expect(401);
      await books.service.get(`/v1/billing/accounts/v1:partner:404404/${path}`).expect(404);
      await books.service.get(`/v1/billing/accounts/nonsense/${path}`).expect(400);
    }
    await books.service.get(`/v1/billing/accounts/${key}/ledger/99/lots`).expect(404);
    await books.service.get(`/v1/billing/accounts/${key}/ledger/x/lots`).expect(400);
    await books.service.get(`/v1/billing/accounts/${key}/lots/x/movements`).expect(400);
    await books.service
      .get(`/v1/billing/accounts/${key}/lots/00000000-0000-7000-8000-000000000000/movements`)
      .expect(404);
    const other = await books.account();
    await books.service.get(`/v1/billing/accounts/${other}/lots/${lot?.id}/movements`).expect(404);
  });
});
