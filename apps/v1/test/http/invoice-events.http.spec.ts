import { expect, test } from '@jest/globals';
import { useV1 } from '../support/v1-under-test.ts';

const v1 = useV1();

interface Event {
  event_type: string;
  payload: Record<string, unknown>;
}

/** What Studio is told about an invoice, in the order of its lane. */
function eventsOf(invoiceId: number): Promise<Event[]> {
  return v1.rows<Event & Record<string, unknown>>(
    `SELECT data->>'event_type' AS event_type, data->'payload_json' AS payload FROM events
      WHERE data->'payload_json'->'invoice_id' = to_jsonb($1::int) ORDER BY lane_seq`,
    [invoiceId],
  );
}

const step = (id: number, name: string, body: object = {}) => v1.post(`/v1/billing/invoices/${id}/${name}`, body);

test('a void is told once: state VOID, nothing due, the number kept', async () => {
  const id = await v1.newIssued(await v1.newClient(), '250.00');
  const { body } = await step(id, 'void', { reason: 'wrong customer' }).expect(200);
  await step(id, 'void', { reason: 'again' }).expect(409);
  const voided = (await eventsOf(id)).filter(({ event_type }) => event_type === 'invoice_voided');
  expect(voided).toHaveLength(1);
  expect(voided[0]?.payload).toMatchObject({
    invoice_id: id,
    invoice_number: (body as { invoice_number: string }).invoice_number,
    status: 'VOID',
    total_amount: '250.00',
    amount_paid: '0.00',
    amount_due: '0.00',
    amount_credited: '0.00',
  });
});

test('every event names its invoice, number, assignment, partner and client', async () => {
  const client_id = await v1.newClient();
  const partner = await v1.post('/v1/partners', { name: 'Channel' }).expect(201);
  const partner_id = (partner.body as { id: number }).id;
  const job = await v1.post('/v1/assignments', { code: 'JOB-1', title: 'Job', client_id, partner_id }).expect(201);
  const assignment_id = (job.body as { id: number }).id;
  const lines = [{ description: 'Work', unit_price: '10.00' }];
  const draft = await v1.post('/v1/billing/invoices', { assignment_id, lines }).expect(201);
  const id = (draft.body as { invoice_id: number }).invoice_id;
  const { body } = await step(id, 'issue').expect(200);
  await step(id, 'payments', { amount: '10.00' }).expect(201);

  const ids = { invoice_id: id, assignment_id, partner_id, client_id };
  const { invoice_number } = body as { invoice_number: string };
  expect((await eventsOf(id)).map(({ event_type, payload }) => [event_type, payload])).toEqual([
    ['invoice_created', expect.objectContaining({ ...ids, invoice_number: null })],
    ['invoice_issued', expect.objectContaining({ ...ids, invoice_number })],
    ['payment_recorded', expect.objectContaining({ ...ids, invoice_number })],
    ['invoice_paid', expect.objectContaining({ ...ids, invoice_number })],
  ]);
});

test('every event carries the issue and due days, and when it was sent, paid and told, as far as that has happened', async () => {
  v1.clock.set(new Date('2026-05-10T10:00:00Z'));
  const id = await v1.newDraft(await v1.newClient(), '10.00');
  v1.clock.set(new Date('2026-05-11T11:00:00Z'));
  await step(id, 'issue').expect(200);
  v1.clock.set(new Date('2026-05-12T12:00:00Z'));
  await step(id, 'send').expect(200);
  v1.clock.set(new Date('2026-05-13T13:00:00Z'));
  await step(id, 'payments', { amount: '10.00', paid_at: '2026-05-13T09:30:00+05:30' }).expect(201);

  const drafted = { issued_date: null, due_date: null, sent_at: null, paid_at: null };
  const issued = { ...drafted, issued_date: '2026-05-11', due_date: '2026-05-26' };
  const sent = { ...issued, sent_at: '2026-05-12T12:00:00.000Z' };
  const paid = { ...sent, paid_at: '2026-05-13T04:00:00.000Z' };
  const told = '2026-05-13T13:00:00.000Z';
  expect((await eventsOf(id)).map(({ event_type, payload }) => [event_type, payload])).toEqual([
    ['invoice_created', expect.objectContaining({ ...drafted, event_emitted_at: '2026-05-10T10:00:00.000Z' })],
    ['invoice_issued', expect.objectContaining({ ...issued, event_emitted_at: '2026-05-11T11:00:00.000Z' })],
    ['invoice_sent', expect.objectContaining({ ...sent, event_emitted_at: '2026-05-12T12:00:00.000Z' })],
    ['payment_recorded', expect.objectContaining({ ...paid, event_emitted_at: told })],
    ['invoice_paid', expect.objectContaining({ ...paid, event_emitted_at: told })],
  ]);
});
