import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Response } from 'supertest';
import { useV1 } from '../support/v1-under-test.ts';

const v1 = useV1();

interface Operation {
  readonly path: string;
  readonly table: string;
  readonly body: object;
  /** The same request written otherwise. */
  readonly same: object;
  /** Each is another request. */
  readonly others: object[];
  readonly idOf: (answer: Response) => number;
}

const LINE = { description: 'Work', unit_price: '100.00' };
const OPERATIONS: Operation[] = [
  {
    path: '/v1/commissions',
    table: 'commissions',
    body: { title: 'Work', partner_id: 1, fees: '1180.00' },
    same: { fees: '1180', title: ' Work ', partner_id: 1, credit_cost: '1.0', currency: 'INR' },
    others: [{ title: 'Other' }, { fees: '1180.01' }, { credit_cost: 2 }, { partner_id: null, client_id: 1 }],
    idOf: ({ body }) => (body as { id: number }).id,
  },
  {
    path: '/v1/billing/invoices',
    table: 'invoices',
    body: { client_id: 1, lines: [LINE] },
    same: { lines: [{ ...LINE, quantity: 1, unit_price: '100', tax_rate_bp: 0 }], client_id: 1, currency: 'INR' },
    others: [{ lines: [LINE, LINE] }, { memo: 'x' }, { currency: 'USD' }, { partner_id: 1 }],
    idOf: ({ body }) => (body as { invoice_id: number }).invoice_id,
  },
];

beforeAll(async () => {
  await v1.newClient();
  await v1.post('/v1/partners', { name: 'Channel' }).expect(201);
});

describe.each(OPERATIONS)('POST $path', ({ path, table, body, same, others, idOf }) => {
  let keys = 0;
  const newKey = () => `${table}-${(keys += 1)}`;
  const create = (request: object, key: string) => v1.post(path, request).set('Idempotency-Key', key);
  const documents = async () => (await v1.rows<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]!.n;

  test('the same key and request answer the first document, whenever and however it is written', async () => {
    const key = newKey();
    const first = await create(body, key).expect(201);
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    const before = await documents();
    v1.clock.advance(40 * 86_400_000);
    for (const request of [body, same]) {
      const again = await create(request, key).expect(201).expect('idempotent-replayed', 'true');
      expect(again.body).toEqual(first.body);
    }
    expect(await documents()).toBe(before);
  });

  test('422 when the key comes back with another request, and nothing is made', async () => {
    const key = newKey();
    await create(body, key).expect(201);
    const before = await documents();
    for (const change of others) {
      const answer = await create({ ...body, ...change }, key).expect(422);
      expect(answer.body).toMatchObject({ code: 'idempotency_key_reused' });
    }
    expect(await documents()).toBe(before);
  });

  test('20 at once with one key are one document with one answer', async () => {
    const [key, before] = [newKey(), await documents()];
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(body, key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(19);
    expect(await documents()).toBe(before + 1);
  });

  test("a key is its user's own: another one's first document is not answered", async () => {
    const key = newKey();
    const first = await create(body, key).expect(201);
    const second = await v1.as('staff', 'post', path).set('Idempotency-Key', key).send(body).expect(201);
    expect(idOf(second)).not.toBe(idOf(first));
  });

  test('a refused request does not use up its key', async () => {
    const key = newKey();
    await create({ ...body, client_id: 999_999 }, key).expect(400);
    const first = await create(body, key).expect(201);
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
  });

  test('without a key a double click is one document, also when both arrive at once', async () => {
    v1.clock.advance(60_000);
    const before = await documents();
    const [one, two] = await Promise.all([v1.post(path, body), v1.post(path, body)]);
    expect(idOf(one)).toBe(idOf(two));
    v1.clock.advance(9_999);
    const repeat = await v1.post(path, same).expect(201).expect('idempotent-replayed', 'true');
    expect(idOf(repeat)).toBe(idOf(one));
    expect(await documents()).toBe(before + 1);
  });

  test('without a key another request, another user or 10 seconds later is another document', async () => {
    v1.clock.advance(60_000);
    const made = [idOf(await v1.post(path, body).expect(201))];
    for (const change of others) made.push(idOf(await v1.post(path, { ...body, ...change }).expect(201)));
    made.push(idOf(await v1.as('staff', 'post', path).send(body).expect(201)));
    v1.clock.advance(10_000);
    made.push(idOf(await v1.post(path, body).expect(201)));
    expect(new Set(made).size).toBe(others.length + 3);
  });

  test('two keys are two documents, however alike and close the requests are', async () => {
    const first = await create(body, newKey()).expect(201);
    expect(idOf(await create(body, newKey()).expect(201))).not.toBe(idOf(first));
  });

  test('400 for a key with spaces', async () => {
    await create(body, 'a b').expect(400);
  });
});
