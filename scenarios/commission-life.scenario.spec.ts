import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BothApps } from './both-apps.ts';

describe('the life of a commission while both services work', () => {
  let apps: BothApps;
  beforeAll(async () => {
    apps = await BothApps.start();
  });
  afterAll(() => apps.stop());

  test('approve holds credits, deliver charges them, and the facts are on the timeline', async () => {
    const partner = await apps.newCreditPartner(100);
    const id = await apps.submit(partner.id, '2.5');
    const approved = await apps.approve(id);
    expect(approved).toMatchObject({
      state: 'APPROVED',
      funding: { state: 'held' },
      studio: { reason: 'ok', settled: true },
    });
    expect(await apps.credit(partner.key)).toEqual({ wallet: 100, reserved: 2.5, available: 97.5 });

    await apps.step(id, 'deliver', { document_id: 'doc-1' });
    expect(await apps.credit(partner.key)).toEqual({ wallet: 97.5, reserved: 0, available: 97.5 });
    expect(await apps.reservations(partner.key)).toMatchObject([{ status: 'CONSUMED', amount: 2.5 }]);
    await apps.relay();
    expect(await apps.timeline(partner.key)).toEqual(
      expect.arrayContaining([
        'account_enrolled',
        'GRANT',
        'RESERVE',
        'work_accepted',
        'deliverables_released',
        'CONSUME',
      ]),
    );
    expect(await apps.decisions(partner.key)).toEqual([]);
  });

  test('cancel releases the hold', async () => {
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 4);
    await apps.approve(id);
    const cancelled = await apps.step(id, 'cancel', { reason: 'customer withdrew' });
    expect(cancelled.state).toBe('CANCELLED');
    expect(await apps.credit(partner.key)).toEqual({ wallet: 10, reserved: 0, available: 10 });
    expect(await apps.reservations(partner.key)).toMatchObject([{ status: 'RELEASED' }]);
  });

  test('reject releases the hold, and approving again makes a live one each time', async () => {
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 4);
    for (const acceptance of [1, 2, 3]) {
      const approved = await apps.approve(id);
      expect(approved).toMatchObject({ state: 'APPROVED', acceptance, funding: { state: 'held' } });
      expect(await apps.credit(partner.key)).toMatchObject({ reserved: 4 });
      await apps.step(id, 'reject', { reason: 'not yet' });
      expect(await apps.credit(partner.key)).toMatchObject({ reserved: 0, available: 10 });
      await apps.step(id, 'resubmit');
    }
    expect((await apps.reservations(partner.key)).map(({ status, acceptance }) => [status, acceptance])).toEqual([
      ['RELEASED', 3],
      ['RELEASED', 2],
      ['RELEASED', 1],
    ]);
    await apps.relay();
    const facts = await apps.timeline(partner.key);
    expect(facts.filter((fact) => fact === 'work_accepted')).toHaveLength(3);
    expect(facts.filter((fact) => fact === 'commission_cancelled')).toHaveLength(3);
  });

  test('asking for information keeps the hold, and approving again does not make a second one', async () => {
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 4);
    await apps.approve(id);
    await apps.step(id, 'needs-information', { reason: 'which address?' });
    expect(await apps.credit(partner.key)).toMatchObject({ reserved: 4 });
    await apps.step(id, 'resubmit');
    expect(await apps.approve(id)).toMatchObject({ state: 'APPROVED', acceptance: 1, studio: null });
    expect(await apps.reservations(partner.key)).toHaveLength(1);
  });

  test('a POSTPAID account is ignored by policy: approved, delivered, nothing moves, all of it on the timeline', async () => {
    const partner = await apps.newPartner();
    await apps.enrol(partner.key, 'POSTPAID');
    const id = await apps.submit(partner.id);
    expect(await apps.approve(id)).toMatchObject({
      state: 'APPROVED',
      funding: { state: 'ignored' },
      studio: { reason: 'ignored_by_policy', settled: true },
    });
    await apps.step(id, 'deliver');
    expect(await apps.credit(partner.key)).toEqual({ wallet: 0, reserved: 0, available: 0 });
    expect(await apps.timeline(partner.key)).toEqual(expect.arrayContaining(['RESERVE_IGNORED', 'CONSUME_IGNORED']));
  });

  test('work ignored by policy stays postpaid although the account has changed to CREDIT meanwhile', async () => {
    const partner = await apps.newPartner();
    await apps.enrol(partner.key, 'POSTPAID');
    const id = await apps.submit(partner.id);
    await apps.approve(id);
    await apps.grant(partner.key, 10);
    await apps.setMode(partner.key, 'CREDIT');
    await apps.step(id, 'deliver');
    expect(await apps.credit(partner.key)).toEqual({ wallet: 10, reserved: 0, available: 10 });
  });

  test('held work is charged although the account has changed to POSTPAID meanwhile', async () => {
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 3);
    await apps.approve(id);
    await apps.setMode(partner.key, 'POSTPAID');
    await apps.step(id, 'deliver');
    expect(await apps.credit(partner.key)).toEqual({ wallet: 7, reserved: 0, available: 7 });
  });

  test('an account nobody enrolled does not stop the work, and its events wait on a stub for the enrolment', async () => {
    const partner = await apps.newPartner();
    const id = await apps.submit(partner.id);
    expect(await apps.approve(id)).toMatchObject({ state: 'APPROVED', funding: { state: 'not_enrolled' } });
    await apps.relay();
    expect(await apps.outbox(partner.key)).toMatchObject([
      { event_type: 'credit_reserve', state: 'refused', answer_code: 'account_not_enrolled' },
      { event_type: 'work_accepted', state: 'done' },
    ]);
    await apps.enrol(partner.key, 'POSTPAID');
    expect(await apps.timeline(partner.key)).toEqual(expect.arrayContaining(['work_accepted', 'account_enrolled']));
  });

  test('two approvals racing for the last credits: one is held, the other is gated with its shortfall', async () => {
    const partner = await apps.newCreditPartner(5);
    const ids = [await apps.submit(partner.id, 4), await apps.submit(partner.id, 4)];
    const answers = await Promise.all(ids.map((id) => apps.v1.post(`/v1/commissions/${id}/approve`, {})));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
    const refused = answers.find((answer) => answer.status === 409);
    expect(refused?.body).toMatchObject({
      code: 'soft_gate_insufficient_credits',
      required: 4,
      available: 1,
      shortfall: 3,
    });
    expect(await apps.credit(partner.key)).toEqual({ wallet: 5, reserved: 4, available: 1 });
    const states = await Promise.all(ids.map(async (id) => (await apps.commission(id)).state));
    expect(states.sort()).toEqual(['APPROVED', 'SUBMITTED']);
  });

  test('a gated approval passes after a top-up, under a new acceptance', async () => {
    const partner = await apps.newCreditPartner(1);
    const id = await apps.submit(partner.id, 4);
    await apps.v1.post(`/v1/commissions/${id}/approve`, {}).expect(409);
    await apps.grant(partner.key, 10);
    expect(await apps.approve(id)).toMatchObject({ state: 'APPROVED', acceptance: 2, funding: { state: 'held' } });
  });

  test('an override accepts without credits; delivery then takes what there is and records the rest as a shortfall', async () => {
    const partner = await apps.newCreditPartner(1);
    const id = await apps.submit(partner.id, 4);
    await apps.v1.post(`/v1/commissions/${id}/approve`, { override: true }).expect(400);
    expect(await apps.approve(id, { override: true, reason: 'known customer' })).toMatchObject({
      state: 'APPROVED',
      funding: { state: 'refused', code: 'INSUFFICIENT_CREDITS' },
    });
    await apps.step(id, 'deliver');
    expect(await apps.credit(partner.key)).toEqual({ wallet: 0, reserved: 0, available: 0 });
    const shortfalls = await apps.studio.pool.query(
      `SELECT amount_micro, status FROM shortfalls s JOIN accounts USING (account_id) WHERE external_key = $1`,
      [partner.key],
    );
    expect(shortfalls.rows).toEqual([{ amount_micro: '3000000', status: 'OPEN' }]);
  });

  test('a partner added after the approval does not move the charge to another account', async () => {
    const { body } = await apps.v1.post('/v1/clients', { name: 'Client' }).expect(201);
    const clientId = (body as { id: number }).id;
    const clientKey = `v1:client:${clientId}` as never;
    await apps.enrol(clientKey, 'CREDIT');
    await apps.grant(clientKey, 10);
    const partner = await apps.newCreditPartner(10);
    const submitted = await apps.v1
      .post('/v1/commissions', { title: 'Work', client_id: clientId, credit_cost: 3 })
      .expect(201);
    const { id } = submitted.body as { id: number };
    const approved = await apps.approve(id);
    const version = (approved as unknown as { version: number }).version;
    await apps.v1.as('admin', 'patch', `/v1/commissions/${id}`).send({ version, partner_id: partner.id }).expect(200);
    await apps.step(id, 'deliver');
    expect(await apps.credit(clientKey)).toMatchObject({ wallet: 7 });
    expect(await apps.credit(partner.key)).toMatchObject({ wallet: 10 });
  });

  test('the payer can be corrected after a refusal', async () => {
    const [poor, rich] = [await apps.newCreditPartner(0), await apps.newCreditPartner(10)];
    const id = await apps.submit(poor.id, 4);
    await apps.v1.post(`/v1/commissions/${id}/approve`, {}).expect(409);
    const { version } = (await apps.commission(id)) as unknown as { version: number };
    await apps.v1.as('admin', 'patch', `/v1/commissions/${id}`).send({ version, partner_id: rich.id }).expect(200);
    expect(await apps.approve(id)).toMatchObject({ state: 'APPROVED', funding: { state: 'held' } });
    expect(await apps.credit(rich.key)).toMatchObject({ reserved: 4 });
  });

  test('delivering, cancelling or rejecting again gives the same answer and moves nothing', async () => {
    const partner = await apps.newCreditPartner(10);
    for (const [step, state] of [
      ['deliver', 'DELIVERED'],
      ['cancel', 'CANCELLED'],
      ['reject', 'REJECTED'],
    ] as const) {
      const id = await apps.submit(partner.id);
      await apps.approve(id);
      const body = step === 'deliver' ? {} : { reason: 'test' };
      expect(await apps.step(id, step, body)).toMatchObject({ state });
      const after = await apps.credit(partner.key);
      expect(await apps.step(id, step, body)).toMatchObject({ state });
      expect(await apps.credit(partner.key)).toEqual(after);
    }
  });

  test('a wallet richer than one request may carry does not break the approvals page', async () => {
    const partner = await apps.newCreditPartner(1_000_000_000);
    await apps.grant(partner.key, 1_000_000_000);
    const id = await apps.submit(partner.id, 4);
    const { body } = await apps.v1.get('/v1/approvals').expect(200);
    const { approvals } = body as { approvals: { id: number; credit: object; gate: object }[] };
    expect(approvals.find((row) => row.id === id)).toMatchObject({
      credit: { available: 2_000_000_000 },
      gate: { shut: false, shortfall: 0 },
    });
  });

  test('a client that lost our answer and approves again gets the same answer, and one hold', async () => {
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 2);
    await apps.approve(id);
    expect(await apps.approve(id)).toMatchObject({ state: 'APPROVED', acceptance: 1 });
    expect(await apps.credit(partner.key)).toMatchObject({ reserved: 2 });
  });
});
