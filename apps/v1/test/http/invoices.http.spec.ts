import { describe, expect, test } from '@jest/globals';
import { useV1 } from '../support/v1-under-test.ts';

const v1 = useV1();
const LINES = [{ description: 'Work', unit_price: '100.00' }];

interface InvoiceBody {
  invoice_id: number;
  invoice_number: string;
}

const timelineOf = (body: { timeline: { kind: string }[] }) => body.timeline.map(({ kind }) => kind);

describe('the life of an invoice', () => {
  test('create, issue, send, pay in two parts: amounts, timeline, audit and events agree at every step', async () => {
    const client = await v1.newClient('Ærø Ltd');
    const draft = await v1
      .post('/v1/billing/invoices', {
        client_id: client,
        currency: 'USD',
        lines: [{ description: 'Hours', quantity: '1.5', unit_price: '1000.00', tax_rate_bp: 1800 }],
      })
      .expect(201);
    expect(draft.body).toMatchObject({
      invoice_number: null,
      status: 'draft',
      state: 'DRAFT',
      amount: 1770,
      amount_cents: 177_000,
      external_key: `v1:client:${client}`,
      counterparty: 'Ærø Ltd',
      line_items: [{ quantity: 1.5, unit_amount: 1000, amount: 1500, tax_cents: 27_000 }],
    });
    const { invoice_id: id } = draft.body as InvoiceBody;

    const issued = await v1.post(`/v1/billing/invoices/${id}/issue`).expect(200);
    expect(issued.body).toMatchObject({ state: 'ISSUED', issued_date: '2026-05-10', due_date: '2026-05-25' });
    expect((issued.body as InvoiceBody).invoice_number).toMatch(/^INV-2026-\d{5}$/);
    await v1.post(`/v1/billing/invoices/${id}/send`).expect(200);

    const pay = (amount: string) => v1.post(`/v1/billing/invoices/${id}/payments`, { amount }).expect(201);
    expect((await pay('770.00')).body).toMatchObject({
      payment: { amount: 770 },
      invoice: { state: 'PARTIALLY_PAID', status: 'open', amount_due: 1000 },
    });
    const paid = await pay('1000.00');
    expect(paid.body).toMatchObject({ invoice: { state: 'PAID', status: 'paid', amount_due_cents: 0 } });

    const detail = await v1.get(`/api/v1/billing/invoices/${id}`).expect(200);
    expect(timelineOf(detail.body)).toEqual([
      'created',
      'issued',
      'sent',
      'payment_recorded',
      'payment_recorded',
      'paid',
    ]);
    expect(detail.body).toMatchObject({ payments: [{ amount: 770 }, { amount: 1000 }] });

    const audit = await v1.rows<{ event_type: string; actor: string; customer_id: number }>(
      `SELECT event_type, actor, customer_id FROM billing_audit WHERE data->>'invoice_id' = $1 ORDER BY id`,
      [String(id)],
    );
    expect(audit.map(({ event_type }) => event_type)).toEqual([
      'invoice_created',
      'invoice_issued',
      'invoice_sent',
      'payment_recorded',
      'payment_recorded',
    ]);
    expect(audit[0]).toMatchObject({ actor: 'admin-house@tandem.test', customer_id: client });

    const events = await v1.rows<{ idempotency_key: string; payload: Record<string, unknown> }>(
      `SELECT idempotency_key, data->'payload_json' AS payload FROM events WHERE account_key = $1 ORDER BY lane_seq`,
      [`v1:client:${client}`],
    );
    expect(events.map(({ idempotency_key }) => idempotency_key)).toEqual([
      `v1:invoice_created:${id}`,
      `v1:invoice_issued:${id}`,
      `v1:invoice_sent:${id}`,
      expect.stringMatching(`^v1:payment_recorded:${id}:\\d+$`),
      expect.stringMatching(`^v1:payment_recorded:${id}:\\d+$`),
      `v1:invoice_paid:${id}`,
    ]);
    expect(events.at(-1)?.payload).toMatchObject({
      status: 'PAID',
      total_amount: '1770.00',
      amount_paid: '1770.00',
      amount_due: '0.00',
      amount_credited: '0.00',
      currency: 'USD',
      payment: { amount: '1000.00', mode: 'MANUAL' },
    });
  });

  test('an invoice of an assignment goes to its client and partner; the partner is the account', async () => {
    const client_id = await v1.newClient();
    const partner = await v1.post('/v1/partners', { name: 'Channel' }).expect(201);
    const partner_id = (partner.body as { id: number }).id;
    const assignment = await v1
      .post('/v1/assignments', { code: 'JOB-1', title: 'Job', client_id, partner_id })
      .expect(201);
    const assignment_id = (assignment.body as { id: number }).id;
    const invoice = await v1.post('/v1/billing/invoices', { assignment_id, lines: LINES }).expect(201);
    expect(invoice.body).toMatchObject({ client_id, partner_id, external_key: `v1:partner:${partner_id}` });

    const stranger = await v1.newClient('Stranger');
    await v1.post('/v1/billing/invoices', { assignment_id, client_id: stranger, lines: LINES }).expect(400);
  });

  test('an invoice for somebody outside the directory is its own account', async () => {
    const { body } = await v1.post('/v1/billing/invoices', { bill_to_name: 'Walk-in', lines: LINES }).expect(201);
    const { invoice_id } = body as InvoiceBody;
    expect(body).toMatchObject({
      external_key: `v1:invoice:${invoice_id}`,
      counterparty: 'Walk-in',
      customer_id: null,
    });
  });

  test('voiding keeps the number and closes the invoice', async () => {
    const id = await v1.newIssued(await v1.newClient());
    const voided = await v1.post(`/v1/billing/invoices/${id}/void`, { reason: 'Wrong client' }).expect(200);
    expect(voided.body).toMatchObject({ state: 'VOID', status: 'void', amount_due: 0, void_reason: 'Wrong client' });
    expect((voided.body as InvoiceBody).invoice_number).not.toBeNull();
    await v1.post(`/v1/billing/invoices/${id}/payments`, { amount: '1.00' }).expect(409);
  });

  test('an owed invoice is overdue the day after its due day', async () => {
    const id = await v1.newDraft(await v1.newClient());
    await v1.post(`/v1/billing/invoices/${id}/issue`, { payment_terms_days: 1 }).expect(200);
    const day = 86_400_000;
    v1.clock.advance(2 * day);
    expect((await v1.get(`/v1/billing/invoices/${id}`)).body).toMatchObject({ state: 'ISSUED', is_overdue: true });
    const overdue = await v1.get('/v1/billing/invoices?status=overdue').expect(200);
    expect((overdue.body as { invoices: InvoiceBody[] }).invoices.map(({ invoice_id }) => invoice_id)).toEqual([id]);
    v1.clock.advance(-2 * day);
  });
});

describe('refusals change nothing', () => {
  test.each([
    ['no lines', { lines: [] }, 'lines'],
    ['a total of zero', { lines: [{ description: 'Gift', unit_price: '0' }] }, 'lines'],
    ['a negative price', { lines: [{ description: 'x', unit_price: '-1' }] }, 'lines.0.unit_price'],
    ['an exponent', { lines: [{ description: 'x', unit_price: '1e3' }] }, 'lines.0.unit_price'],
    [
      'more decimals than the currency has',
      { currency: 'JPY', lines: [{ description: 'x', unit_price: '1.5' }] },
      'lines.0.unit_price',
    ],
    [
      'a total too large to be exact',
      { lines: [{ description: 'x', quantity: '999999999', unit_price: '9999999999' }] },
      'lines',
    ],
    ['a currency nobody knows', { currency: 'XYZ', lines: LINES }, 'currency'],
    ['a day that does not exist', { due_date: '2026-02-30', lines: LINES }, 'due_date'],
    ['a client nobody knows', { client_id: 999_999, lines: LINES }, 'client_id'],
    ['an assignment nobody knows', { assignment_id: 999_999, lines: LINES }, 'assignment_id'],
    ['a field nobody knows', { lines: LINES, state: 'PAID' }, 'state'],
    ['no one to bill', { client_id: null, lines: LINES }, 'bill_to_name'],
  ])('400 for %s, with the path', async (_, fields, path) => {
    const client_id = await v1.newClient();
    const count = () =>
      v1.rows<{ invoices: string; events: string }>(
        'SELECT (SELECT count(*) FROM invoices) AS invoices, (SELECT count(*) FROM events) AS events',
      );
    const before = await count();
    const { body } = await v1.post('/v1/billing/invoices', { client_id, ...fields }).expect(400);
    expect(body).toMatchObject({
      code: 'validation_failed',
      errors: expect.arrayContaining([expect.objectContaining({ path })]),
    });
    expect(await count()).toEqual(before);
  });

  test.each([
    ['issue', {}],
    ['send', {}],
    ['void', { reason: 'x' }],
    ['payments', { amount: '1.00' }],
  ])('404 for %s of an invoice nobody knows, 400 for an id that is none', async (step, body) => {
    await v1.post(`/v1/billing/invoices/999999/${step}`, body).expect(404);
    await v1.post(`/v1/billing/invoices/01/${step}`, body).expect(400);
  });

  test('409 for a step out of order, with the state it is in', async () => {
    const id = await v1.newDraft(await v1.newClient());
    const early = await v1.post(`/v1/billing/invoices/${id}/send`).expect(409);
    expect(early.body).toMatchObject({ code: 'invalid_transition', state: 'DRAFT' });
    await v1.post(`/v1/billing/invoices/${id}/issue`).expect(200);
    await v1.post(`/v1/billing/invoices/${id}/issue`).expect(409);
  });

  test('409 stale_version for a step made from an older copy', async () => {
    const id = await v1.newDraft(await v1.newClient());
    await v1.post(`/v1/billing/invoices/${id}/issue`, { version: 1 }).expect(200);
    const { body } = await v1.post(`/v1/billing/invoices/${id}/send`, { version: 1 }).expect(409);
    expect(body).toMatchObject({ code: 'stale_version', current_version: 2 });
  });

  test('409 invoice_has_payments when voiding what was paid on', async () => {
    const id = await v1.newIssued(await v1.newClient());
    await v1.post(`/v1/billing/invoices/${id}/payments`, { amount: '1.00' }).expect(201);
    const { body } = await v1.post(`/v1/billing/invoices/${id}/void`, { reason: 'x' }).expect(409);
    expect(body).toMatchObject({ code: 'invoice_has_payments' });
  });
});

describe('invoice numbers', () => {
  test('20 issues at once, some refused, leave no gap and no repeat', async () => {
    const client = await v1.newClient();
    const ids = await Promise.all(Array.from({ length: 20 }, () => v1.newDraft(client)));
    // Every draft is issued twice at once: one of each pair is refused and must not use up a number.
    const answers = await Promise.all(
      [...ids, ...ids].map((id) => v1.post(`/v1/billing/invoices/${id}/issue`).then(({ status }) => status)),
    );
    expect(answers.filter((status) => status === 200)).toHaveLength(20);
    expect(answers.filter((status) => status === 409)).toHaveLength(20);
    const rows = await v1.rows<{ gapless: boolean }>(
      `SELECT count(DISTINCT number) = count(*) AND max(right(number, 5)::int) = count(*)
         AND max(right(number, 5)::int) = (SELECT next_sequence - 1 FROM invoice_number_series) AS gapless
       FROM invoices WHERE number IS NOT NULL`,
    );
    expect(rows).toEqual([{ gapless: true }]);
  });

  test('each financial year has a series of its own', async () => {
    const client = await v1.newClient();
    const now = v1.clock.now();
    v1.clock.set(new Date('2031-03-31T12:00:00Z'));
    const last = await v1.get(`/v1/billing/invoices/${await v1.newIssued(client)}`);
    v1.clock.set(new Date('2031-04-01T12:00:00Z'));
    const first = await v1.get(`/v1/billing/invoices/${await v1.newIssued(client)}`);
    v1.clock.set(now);
    expect((last.body as InvoiceBody).invoice_number).toBe('INV-2030-00001');
    expect((first.body as InvoiceBody).invoice_number).toBe('INV-2031-00001');
  });
});

describe('the list', () => {
  test('pages, filters by status and text, and counts all rows', async () => {
    const client = await v1.newClient('Needle 100%_a');
    const [draft, issued] = [await v1.newDraft(client), await v1.newIssued(client)];
    const list = async (query: string) => {
      const { body } = await v1.get(`/v1/billing/invoices?q=100%25_a&${query}`).expect(200);
      const { invoices, pagination } = body as { invoices: InvoiceBody[]; pagination: object };
      return { ids: invoices.map(({ invoice_id }) => invoice_id), pagination };
    };
    expect(await list('limit=1')).toEqual({
      ids: [issued],
      pagination: { page: 1, limit: 1, total: 2, total_pages: 2 },
    });
    expect((await list('limit=1&page=2')).ids).toEqual([draft]);
    expect((await list('status=open')).ids).toEqual([issued]);
    expect((await list('status=DRAFT')).ids).toEqual([draft]);
    expect((await list('status=uncollectible')).ids).toEqual([]);
    expect((await list('from=2026-05-10&to=2026-05-10')).ids).toContain(issued);
    expect((await list('start_date=2026-05-11&status=open')).ids).toEqual([]);
  });

  test.each(['limit=0', 'limit=101', 'limit=1e1', 'page=0', 'page=x', 'status=lost', 'from=yesterday', 'order=asc'])(
    '400 for ?%s',
    async (query) => {
      await v1.get(`/v1/billing/invoices?${query}`).expect(400);
    },
  );
});

describe('the database is the last guard', () => {
  test.each([
    [
      'a changed total of an issued invoice',
      'UPDATE invoices SET subtotal_minor = 1, tax_minor = 0, total_minor = 1 WHERE id = $1',
    ],
    ['a changed number', `UPDATE invoices SET number = 'INV-1' WHERE id = $1`],
    ['a changed line of an issued invoice', 'UPDATE invoice_lines SET quantity = 2 WHERE invoice_id = $1'],
    ['more paid than the total', `UPDATE invoices SET amount_paid_minor = total_minor + 1 WHERE id = $1`],
    ['PAID without the money', `UPDATE invoices SET state = 'PAID', paid_at = now() WHERE id = $1`],
    ['a negative amount', 'UPDATE invoices SET amount_paid_minor = -1 WHERE id = $1'],
    ['a changed timeline', `UPDATE invoice_timeline SET kind = 'x' WHERE invoice_id = $1`],
    ['a deleted timeline', 'DELETE FROM invoice_timeline WHERE invoice_id = $1'],
    ['a deleted payment', 'DELETE FROM payments WHERE invoice_id = $1'],
    ['a changed audit row', `UPDATE billing_audit SET actor = 'x' WHERE data->>'invoice_id' = $1::text`],
    ['a deleted audit row', `DELETE FROM billing_audit WHERE data->>'invoice_id' = $1::text`],
  ])('refuses %s', async (_, sql) => {
    const id = await v1.newIssued(await v1.newClient());
    await v1.post(`/v1/billing/invoices/${id}/payments`, { amount: '1.00' }).expect(201);
    await expect(v1.rows(sql, [id])).rejects.toThrow();
  });

  test.each(['billing_audit', 'invoice_timeline', 'payments'])('refuses TRUNCATE of %s', async (table) => {
    await expect(v1.rows(`TRUNCATE ${table} CASCADE`)).rejects.toThrow('append-only');
  });
});
