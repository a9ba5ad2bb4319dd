import { describe, expect, test } from '@jest/globals';
import { useV1 } from '../support/v1-under-test.ts';

const v1 = useV1();

interface Receipt {
  payment: { payment_id: number };
  invoice: { amount_due_cents: number };
}

const idOf = (body: unknown) => (body as Receipt).payment.payment_id;
const pay = (invoice: number, body: object) => v1.post(`/v1/billing/invoices/${invoice}/payments`, body);

async function paidFacts(invoice: number) {
  return v1.rows(
    `SELECT i.amount_paid_minor AS paid, i.total_minor AS total,
       (SELECT coalesce(sum(amount_minor), 0) FROM payments WHERE invoice_id = i.id)::bigint AS recorded,
       (SELECT count(*) FROM payments WHERE invoice_id = i.id)::int AS payments,
       (SELECT count(*) FROM events WHERE idempotency_key LIKE 'v1:payment_recorded:' || i.id || ':%')::int AS told,
       (SELECT count(*) FROM events WHERE idempotency_key = 'v1:invoice_paid:' || i.id)::int AS told_paid
     FROM invoices i WHERE i.id = $1`,
    [invoice],
  );
}

describe('racing', () => {
  test('20 payments at once never exceed what is due, and each accepted one is told to Studio once', async () => {
    const invoice = await v1.newIssued(await v1.newClient(), '100.00');
    const statuses = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        pay(invoice, { amount: '30.00', idempotency_key: `race-${index}` }).then(({ status }) => status),
      ),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(3);
    expect(statuses.filter((status) => status === 409)).toHaveLength(17);
    expect(await paidFacts(invoice)).toEqual([
      { paid: '9000', total: '10000', recorded: '9000', payments: 3, told: 3, told_paid: 0 },
    ]);
  });

  test('20 repeats of one request at once are one payment with one answer', async () => {
    const invoice = await v1.newIssued(await v1.newClient(), '100.00');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => pay(invoice, { amount: '100.00' }).set('Idempotency-Key', 'same')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => idOf(body))).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(19);
    expect(await paidFacts(invoice)).toEqual([
      { paid: '10000', total: '10000', recorded: '10000', payments: 1, told: 1, told_paid: 1 },
    ]);
  });
});

describe('replaying', () => {
  test('the same key answers the first payment, also after the invoice was paid in full by others', async () => {
    const invoice = await v1.newIssued(await v1.newClient(), '100.00');
    const request = { amount: '40.00', mode: 'UPI', reference_no: 'U-1', idempotency_key: 'first' };
    const first = await pay(invoice, request).expect(201);
    await pay(invoice, { amount: '60.00', idempotency_key: 'rest' }).expect(201);
    const again = await pay(invoice, { ...request, amount: 40, version: 1 })
      .expect(201)
      .expect('idempotent-replayed', 'true');
    expect(idOf(again.body)).toBe(idOf(first.body));
    expect((again.body as Receipt).payment).toEqual((first.body as Receipt).payment);
    expect(await paidFacts(invoice)).toMatchObject([{ paid: '10000', payments: 2 }]);
  });

  test('422 when a key comes back with another request, and nothing moves', async () => {
    const invoice = await v1.newIssued(await v1.newClient(), '100.00');
    await pay(invoice, { amount: '10.00', idempotency_key: 'k' }).expect(201);
    for (const other of [{ amount: '10.01' }, { mode: 'CASH' }, { reference_no: 'x' }, { paid_at: '2026-05-01' }]) {
      const { body } = await pay(invoice, { amount: '10.00', idempotency_key: 'k', ...other }).expect(422);
      expect(body).toMatchObject({ code: 'idempotency_key_reused' });
    }
    expect(await paidFacts(invoice)).toMatchObject([{ paid: '1000', payments: 1 }]);
  });

  test('one key may be used on two invoices', async () => {
    const client = await v1.newClient();
    const [one, two] = [await v1.newIssued(client), await v1.newIssued(client)];
    const first = await pay(one, { amount: '1.00', idempotency_key: 'shared' }).expect(201);
    const second = await pay(two, { amount: '1.00', idempotency_key: 'shared' }).expect(201);
    expect(idOf(second.body)).not.toBe(idOf(first.body));
  });

  test('without a key, the same request within 10 seconds is one payment, later it is another', async () => {
    const invoice = await v1.newIssued(await v1.newClient(), '100.00');
    const first = await pay(invoice, { amount: '10.00', reference_no: 'R' }).expect(201);
    v1.clock.advance(9_999);
    const repeat = await pay(invoice, { amount: '10.00', reference_no: 'R' }).expect(201);
    expect(idOf(repeat.body)).toBe(idOf(first.body));
    expect(repeat.headers['idempotent-replayed']).toBe('true');
    const otherReference = await pay(invoice, { amount: '10.00' }).expect(201);
    expect(idOf(otherReference.body)).not.toBe(idOf(first.body));
    v1.clock.advance(1);
    const later = await pay(invoice, { amount: '10.00', reference_no: 'R' }).expect(201);
    expect(idOf(later.body)).not.toBe(idOf(first.body));
    expect(await paidFacts(invoice)).toMatchObject([{ paid: '3000', payments: 3 }]);
  });

  test('without a key, 100 in cash and then 100 by UPI are two payments; a double click on either is none', async () => {
    const invoice = await v1.newIssued(await v1.newClient(), '500.00');
    const others = [{ mode: 'CASH' }, { mode: 'UPI' }, { mode: 'UPI', paid_at: '2026-05-01' }, { reference_no: 'R' }];
    const ids: number[] = [];
    for (const other of others) {
      const [one, two] = await Promise.all([1, 2].map(() => pay(invoice, { amount: '100.00', ...other }).expect(201)));
      expect(idOf(two!.body)).toBe(idOf(one!.body));
      ids.push(idOf(one!.body));
    }
    expect(new Set(ids).size).toBe(others.length);
    expect(await paidFacts(invoice)).toMatchObject([{ paid: '40000', payments: 4 }]);
  });
});

describe('refusals', () => {
  test.each([
    ['nothing', {}, 'amount'],
    ['zero', { amount: '0.00' }, 'amount'],
    ['a negative amount', { amount: '-1' }, 'amount'],
    ['too many decimals', { amount: '1.005' }, 'amount'],
    ['a way of paying nobody knows', { amount: '1', mode: 'SHELLS' }, 'mode'],
    ['a payment from the future', { amount: '1', paid_at: '2026-05-10T10:06:00Z' }, 'paid_at'],
    ['an instant without its offset', { amount: '1', paid_at: '2026-05-01T10:00:00' }, 'paid_at'],
    ['a key with spaces', { amount: '1', idempotency_key: 'a b' }, 'idempotency_key'],
  ])('400 for %s, with the path', async (_, body, path) => {
    const invoice = await v1.newIssued(await v1.newClient());
    v1.clock.set(new Date('2026-05-10T10:00:00Z'));
    const answer = await pay(invoice, body).expect(400);
    expect(answer.body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ path })]) });
  });

  test('400 when header and body name different keys', async () => {
    const invoice = await v1.newIssued(await v1.newClient());
    await pay(invoice, { amount: '1', idempotency_key: 'a' }).set('Idempotency-Key', 'b').expect(400);
    await pay(invoice, { amount: '1' }).set('Idempotency-Key', 'a b').expect(400);
  });

  test('409 for more than is due, naming what is due', async () => {
    const invoice = await v1.newIssued(await v1.newClient(), '100.00');
    const { body } = await pay(invoice, { amount: '100.01' }).expect(409);
    expect(body).toMatchObject({ code: 'payment_exceeds_due', amount_due: '100.00', currency: 'INR' });
    expect(await paidFacts(invoice)).toMatchObject([{ payments: 0, told: 0 }]);
  });

  test('409 for a draft and for an older copy of the invoice', async () => {
    const draft = await v1.newDraft(await v1.newClient());
    expect((await pay(draft, { amount: '1' }).expect(409)).body).toMatchObject({ code: 'invalid_transition' });
    const invoice = await v1.newIssued(await v1.newClient());
    expect((await pay(invoice, { amount: '1', version: 1 }).expect(409)).body).toMatchObject({ code: 'stale_version' });
  });
});

test('the list shows payments newest first, page by page without losing or repeating one', async () => {
  const invoice = await v1.newIssued(await v1.newClient('Pager'), '100.00');
  const made: number[] = [];
  for (const amount of ['1', '2', '3', '4', '5']) made.unshift(idOf((await pay(invoice, { amount }).expect(201)).body));
  const seen: number[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = `invoice_id=${invoice}&q=pager&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { body } = await v1.get(`/v1/payments?${query}`).expect(200);
    const page = body as { items: { payment_id: number }[]; next_cursor: string | null };
    seen.push(...page.items.map(({ payment_id }) => payment_id));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(made);
  await v1.get('/v1/payments?cursor=WyJ4Il0').expect(400);
});
