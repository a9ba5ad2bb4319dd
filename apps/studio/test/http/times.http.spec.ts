import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openBooks, type Books } from '../support/books.ts';

const COMMANDS = '/v1/billing/credits/commands';

let books: Books;
beforeAll(async () => {
  books = await openBooks();
});
afterAll(() => books.studio.close());

describe.each([
  '2027-W10-1T00:00:00Z',
  '2027-001T00:00:00Z',
  '2027-01-01T00:00:00,5Z',
  '2027-01-01T10Z',
  '2027-01-01T10:00:00+99:99',
  '-0001-01-01T00:00:00Z',
])('a time such as %s, which ISO 8601 allows and no part understands', (time) => {
  test('refuses the end of a lot, and only that command of its request', async () => {
    const key = await books.account();
    const grant = { operation: 'grant', external_key: key, amount: 1 };
    const { body } = await books.service
      .post(COMMANDS)
      .send([
        { ...grant, idempotency_key: 'bad', expires_at: time },
        { ...grant, idempotency_key: 'good' },
      ])
      .expect(200);
    expect(body).toMatchObject({ outcomes: [{ status: 400, code: 'validation_failed' }, { status: 201 }] });
  });

  test('is 400 wherever an operator may give one', async () => {
    const admin = books.studio.as(await books.studio.operator('admin'));
    const account = `/v1/operator/accounts/${await books.account()}`;
    const token = { client: 'other', scopes: ['status:read'], reason: 'test', expires_at: time };
    const statuses = await Promise.all([
      admin.post(`${account}/grants`).send({ amount: 1, reason: 'test', idempotency_key: 'g', expires_at: time }),
      admin.post('/v1/operator/service-tokens').send(token),
      admin.get('/v1/operator/audit').query({ from: time }),
      admin.get('/v1/operator/audit').query({ until: time }),
      admin.get(`${account}/ledger`).query({ from: time }),
      admin.get(`${account}/explain`).query({ at: time }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400]);
  });
});

test('a command with a time nobody understands does not fail those sent at the same moment', async () => {
  const [bad, good] = [await books.account(), await books.account()];
  await books.send('grant', good, { amount: 100 });
  const grant = { operation: 'grant', external_key: bad, amount: 1, expires_at: '2027-W10-1T00:00:00Z' };
  const hold = { external_key: good, ref_type: 'work', amount: 1 };
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const spoilt = books.service.post(COMMANDS).send([{ ...grant, idempotency_key: `g${n}` }]);
      const reserve = { ...hold, ref_id: `${n}`, idempotency_key: `r${n}` };
      const [, reserved] = await Promise.all([spoilt, books.service.post('/v1/billing/credits/reserve').send(reserve)]);
      return reserved.status;
    }),
  );
  expect(answers).toEqual(Array(20).fill(201));
});
