import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Explanation } from '@tandem/contracts';
import { ExpireHolds } from '../../src/modules/ledger/expire-holds.ts';
import { expectSoundLedger } from '../ledger/expect-sound-ledger.ts';
import { openBooks, type Books } from '../support/books.ts';

let books: Books;
let key: string;
let account: string;

beforeAll(async () => {
  books = await openBooks();
});
beforeEach(async () => {
  await books.setClock(0);
  key = await books.account();
  account = `/v1/billing/accounts/${encodeURIComponent(key)}`;
});
afterAll(async () => {
  await expectSoundLedger(books.studio.pool);
  await books.studio.close();
});

const explain = (at?: string): Promise<Explanation> => books.get(`${account}/explain`, at === undefined ? {} : { at });
const work = (id: number, more: object = {}): object => ({ ref_type: 'job', ref_id: String(id), ...more });

test('every figure comes with the movements, holds and lots that make it, also in words', async () => {
  await books.send('purchase', key, { amount: 100, ref_type: 'order', ref_id: 'o1' });
  await books.send('grant', key, { amount: '2.5', expires_at: books.inMinutes(300) });
  const { hold, seq } = await books.send('reserve', key, work(1, { amount: 10 }));
  await books.send('reserve', key, work(2, { amount: 5 }));
  await books.send('consume', key, work(2, { amount: 4 }));
  await books.send('charge', key, { amount: '1.25' });
  const found = await explain();
  expect(found).toMatchObject({
    external_key: key,
    billing_mode: 'CREDIT',
    account_status: 'ACTIVE',
    overdraft_limit: 0,
    available: 87.25,
    last_seq: 7,
    opening_seq: 0,
    overdraft_used: 0,
    holds_complete: true,
    lots_complete: true,
    written_later: [],
    unwritten: [],
  });
  expect(found.balance).toEqual({
    amount: 97.25,
    opening: 0,
    unwritten: 0,
    movements: [
      { reason: 'CHARGE', count: 1, amount: -1.25 },
      { reason: 'CONSUME', count: 1, amount: -4 },
      { reason: 'GRANT', count: 1, amount: 2.5 },
      { reason: 'TOPUP', count: 1, amount: 100 },
    ],
  });
  expect(found.reserved).toEqual({
    amount: 10,
    opening: 0,
    unwritten: 0,
    movements: [
      { reason: 'CONSUME', count: 1, amount: -4 },
      { reason: 'RELEASE', count: 1, amount: -1 },
      { reason: 'RESERVE', count: 2, amount: 15 },
    ],
  });
  expect(found.holds).toMatchObject([{ reservation_id: hold, seq, held: 10, ref_type: 'job', ref_id: '1' }]);
  expect(found.lots).toMatchObject([
    { kind: 'promotional', left: 2.5, seq: 2 },
    { kind: 'purchased', left: 94.75, seq: 1, expires_at: null },
  ]);
  expect(found.last_movements.map((row) => row.seq)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  const [hours] = /T(.{8})/.exec(found.at)?.slice(1) ?? [];
  expect(found.sentences.slice(0, 3)).toEqual([
    `On ${found.at.slice(0, 10)} at ${hours} UTC the balance of ${key} was 97.25 credits; ` +
      '10 credits of it reserved, so 87.25 credits available.',
    'Work was paid from credits.',
    'The balance is made of 1 usage charge (-1.25), 1 charge for work (-4), 1 grant (+2.5) and 1 purchase (+100): ' +
      'together 97.25 credits.',
  ]);
  expect(found.sentences.join(' ')).toContain('Credits were held for job 1 (10 credits until ');
  expect(found.sentences.join(' ')).toContain('94.75 credits purchased from movement 1, without an end.');
});

test('the same moment is explained the same for ever, and each moment with the policy that held then', async () => {
  await books.send('grant', key, { amount: 10 });
  const early = await explain();
  await books.operator.post(`/v1/operator/accounts/${key}/suspend`).send({ reason: 'test' }).expect(200);
  const suspended = await explain();
  await books.operator.post(`/v1/operator/accounts/${key}/reactivate`).send({ reason: 'test' }).expect(200);
  const admin = books.studio.as(await books.studio.operator('admin'));
  await admin
    .post(`/v1/operator/accounts/${key}/overdraft-limit`)
    .send({ overdraft_limit: 5, reason: 'test' })
    .expect(200);
  await books.send('charge', key, { amount: 12 });
  const overdrawn = await explain();
  expect(overdrawn).toMatchObject({ overdraft_limit: 5, available: -2, overdraft_used: 2, lots: [] });
  expect(suspended).toMatchObject({ account_status: 'SUSPENDED', overdraft_limit: 0 });
  for (const then of [early, suspended, overdrawn]) {
    expect(await explain(then.at)).toEqual(then);
  }
});

test('a hold nobody has swept counts as ended at its deadline, and still does when its row is written', async () => {
  await books.send('grant', key, { amount: 10 });
  const { hold } = await books.send('reserve', key, work(1, { amount: 4, expires_in_minutes: 20 }));
  await books.setClock(21);
  const unswept = await explain();
  expect(unswept).toMatchObject({
    reserved: { amount: 0, unwritten: -4 },
    available: 10,
    holds: [],
    unwritten_count: 1,
  });
  expect(unswept.unwritten).toMatchObject([{ reason: 'EXPIRE', reservation_id: hold, amount: 4 }]);
  expect(unswept.sentences).toContain(
    'One hold or lot had run out and counts as ended, although no movement says so yet.',
  );
  await books.studio.app.get(ExpireHolds).run();
  const later = await explain(unswept.at);
  expect(later).toMatchObject({ reserved: { amount: 0, unwritten: 0 }, last_seq: 2, written_later_count: 1 });
  expect(later.written_later).toMatchObject([{ reason: 'EXPIRE', seq: 3 }]);
});

test('credits of an ended lot end with the overdue hold that keeps them, before and after anybody sweeps', async () => {
  await books.send('grant', key, { amount: 10, expires_at: books.inMinutes(30) });
  await books.send('purchase', key, { amount: 1, ref_type: 'order', ref_id: 'o1' });
  await books.send('reserve', key, work(1, { amount: 6, expires_in_minutes: 60 }));
  await books.setClock(31);
  expect(await explain()).toMatchObject({ balance: { amount: 7 }, reserved: { amount: 6 }, available: 1 });
  await books.setClock(61);
  const unswept = await explain();
  expect(unswept).toMatchObject({ balance: { amount: 1 }, reserved: { amount: 0 }, available: 1, unwritten_count: 3 });
  expect(unswept.lots).toMatchObject([{ kind: 'purchased', left: 1 }]);
  await books.studio.app.get(ExpireHolds).run();
  const { balance, reserved, available, lots, unwritten } = await explain(unswept.at);
  expect([balance.amount, reserved.amount, available, unwritten]).toEqual([1, 0, 1, []]);
  expect(lots).toEqual(unswept.lots);
});

describe('which moments may be asked about', () => {
  test('before the first movement all figures are zero, before enrolment there is no mode', async () => {
    const begun = await explain();
    expect(begun).toMatchObject({
      balance: { amount: 0 },
      reserved: { amount: 0 },
      billing_mode: 'CREDIT',
      last_seq: 0,
    });
    expect(begun.sentences).toHaveLength(1);
    await books.send('grant', key, { amount: 1 });
    expect(await explain('2001-02-03T04:05:06+05:30')).toMatchObject({
      at: '2001-02-02T22:35:06.000000Z',
      balance: { amount: 0, movements: [] },
      billing_mode: null,
      account_status: 'UNENROLLED',
      last_movements: [],
    });
  });

  test.each([
    new Date(Date.now() + 3_600_000).toISOString(),
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '0000-01-01T00:00:00Z',
    '2026-W01-1T00:00:00Z',
    'yesterday',
    "2026-01-01T00:00:00Z'",
    '',
  ])('%p is refused with 400', async (at) => {
    const { body } = await books.service.get(`${account}/explain`).query({ at }).expect(400);
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path: 'at' }] });
  });
});

test('an account is named by key, raw or encoded, or by id; others’ accounts and strangers are refused', async () => {
  await books.send('grant', key, { amount: 1 });
  const { at, account_id: id } = await explain();
  const byId = await books.get(`/v1/billing/accounts/${id}/explain`, { at });
  expect(await books.get(`/v1/billing/accounts/${key}/explain`, { at })).toEqual(byId);
  expect(await explain(at)).toEqual(byId);
  const { body } = await books.operator.get(`/v1/operator/accounts/${key}/explain`).query({ at }).expect(200);
  expect(body).toEqual(byId);
  const elsewhere = books.studio.as(await books.studio.serviceToken({ namespace: 'v2:' }));
  await elsewhere.get(`/v1/billing/accounts/${key}/explain`).expect(403);
  await elsewhere.get(`/v1/billing/accounts/${id}/explain`).expect(403);
  const blind = books.studio.as(await books.studio.serviceToken({ scopes: ['events:write'] }));
  await blind.get(`/v1/billing/accounts/${key}/explain`).expect(403);
  await books.studio.as({}).get(`/v1/billing/accounts/${key}/explain`).expect(401);
  await books.service.get('/v1/billing/accounts/v1:partner:404404/explain').expect(404);
  await books.service.get('/v1/billing/accounts/partner/explain').expect(400);
  await books.operator.get('/v1/operator/accounts/v1:partner:404404/explain').expect(404);
});
