import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BothApps } from './both-apps.ts';

describe('V1 rides on while Studio does not answer', () => {
  let apps: BothApps;
  beforeAll(async () => {
    apps = await BothApps.start();
  });
  afterAll(() => apps.stop());
  beforeEach(() => apps.link.setMode('ok'));

  test('Studio dead before the reserve: accepted, one decision, and the lane drains in order when Studio is back', async () => {
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 4);
    await apps.link.setMode('refuse');
    expect(await apps.approve(id)).toMatchObject({
      state: 'APPROVED',
      funding: { state: 'queued' },
      studio: { reason: 'unreachable', settled: false },
    });
    expect(await apps.decisions(partner.key)).toEqual([{ operation: 'approve', reason: 'unreachable', verdict: null }]);
    await apps.step(id, 'deliver');

    await apps.link.setMode('ok');
    await apps.relay();
    expect(await apps.outbox(partner.key)).toMatchObject([
      { event_type: 'credit_reserve', state: 'done' },
      { event_type: 'work_accepted', state: 'done' },
      { event_type: 'deliverables_released', state: 'done' },
      { event_type: 'credit_consume', state: 'done' },
    ]);
    expect(await apps.credit(partner.key)).toEqual({ wallet: 6, reserved: 0, available: 6 });
    expect(await apps.reservations(partner.key)).toHaveLength(1);
    expect(await apps.decisions(partner.key)).toMatchObject([
      { operation: 'approve', verdict: 'honoured' },
      { operation: 'deliver', verdict: 'honoured' },
    ]);
  });

  test('the answer is lost after Studio committed: one reservation, one decision row, already applied', async () => {
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 4);
    await apps.link.setMode('drop-response');
    expect(await apps.approve(id)).toMatchObject({ state: 'APPROVED', studio: { settled: false } });
    await apps.link.setMode('ok');
    // Studio did commit: the hold is there although V1 does not know.
    expect(await apps.credit(partner.key)).toMatchObject({ reserved: 4 });
    await apps.relay();
    expect(await apps.reservations(partner.key)).toHaveLength(1);
    expect(await apps.decisions(partner.key)).toMatchObject([{ operation: 'approve', verdict: 'already_applied' }]);
    expect(await apps.commission(id)).toMatchObject({ funding: { state: 'held' } });
  });

  test('Studio dead after the reserve: delivery goes on and is charged once it is back', async () => {
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 4);
    await apps.approve(id);
    await apps.link.setMode('refuse');
    expect(await apps.step(id, 'deliver')).toMatchObject({ state: 'DELIVERED', studio: { settled: false } });
    await apps.link.setMode('ok');
    await apps.relay();
    expect(await apps.credit(partner.key)).toEqual({ wallet: 6, reserved: 0, available: 6 });
    expect(await apps.decisions(partner.key)).toMatchObject([{ operation: 'deliver', verdict: 'honoured' }]);
  });

  test('a Studio that hangs costs a step its budget, not more', async () => {
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id);
    await apps.link.setMode('black-hole');
    const before = performance.now();
    expect(await apps.approve(id)).toMatchObject({ state: 'APPROVED', studio: { reason: 'timeout', settled: false } });
    expect(performance.now() - before).toBeLessThan(2500);
    await apps.link.setMode('ok');
    await apps.relay();
    expect(await apps.credit(partner.key)).toMatchObject({ reserved: 1 });
  });

  test('cancel while the reserve is still queued leaves no orphan hold', async () => {
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 4);
    await apps.link.setMode('refuse');
    await apps.approve(id);
    await apps.step(id, 'cancel', { reason: 'customer withdrew' });
    await apps.link.setMode('ok');
    await apps.relay();
    expect(await apps.credit(partner.key)).toEqual({ wallet: 10, reserved: 0, available: 10 });
    expect(await apps.reservations(partner.key)).toMatchObject([{ status: 'RELEASED' }]);
    expect((await apps.outbox(partner.key)).every((row) => row.state === 'done')).toBe(true);
    expect(await apps.decisions(partner.key)).toMatchObject([
      { operation: 'approve', verdict: 'honoured' },
      { operation: 'cancel', verdict: 'honoured' },
    ]);
  });

  test('deliver after a deferred reserve was refused: a shortfall, nothing parked, and the book says so', async () => {
    const partner = await apps.newCreditPartner(1);
    const id = await apps.submit(partner.id, 4);
    await apps.link.setMode('refuse');
    await apps.approve(id);
    await apps.link.setMode('ok');
    await apps.relay();
    expect(await apps.commission(id)).toMatchObject({ state: 'APPROVED', funding: { state: 'refused' } });
    expect(await apps.decisions(partner.key)).toMatchObject([{ verdict: 'would_have_been_refused' }]);
    await apps.step(id, 'deliver');
    const shortfalls = await apps.studio.pool.query(
      'SELECT amount_micro FROM shortfalls JOIN accounts USING (account_id) WHERE external_key = $1',
      [partner.key],
    );
    expect(shortfalls.rows).toEqual([{ amount_micro: '3000000' }]);
    expect((await apps.outbox(partner.key)).filter((row) => row.state === 'parked')).toEqual([]);
  });

  test('nothing that was deferred is overtaken: a live step first drains what waits before it', async () => {
    const partner = await apps.newCreditPartner(10);
    const first = await apps.submit(partner.id, 4);
    await apps.link.setMode('refuse');
    await apps.approve(first);
    await apps.link.setMode('ok');
    const second = await apps.submit(partner.id, 7);
    // 10 credits, 4 of them owed to the deferred hold: the second must see what the first took.
    await apps.v1.post(`/v1/commissions/${second}/approve`, {}).expect(409);
    expect(await apps.commission(first)).toMatchObject({ funding: { state: 'held' } });
  });

  test('an approval that a crash left behind is finished by the recovery job', async () => {
    const { RecoverApprovals } = await import('../apps/v1/src/modules/commissions/recover-approvals.ts');
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 4);
    await apps.link.setMode('refuse');
    await apps.approve(id);
    // What the tables look like when the process dies between the intent and its decision.
    await apps.v1.pool.query('DELETE FROM studio_decisions WHERE commission_id = $1', [id]);
    await apps.v1.pool.query(`DELETE FROM events WHERE idempotency_key = $1`, [`v1:work_accepted:commission:${id}`]);
    await apps.v1.pool.query(
      `UPDATE commissions SET state = 'APPROVING', acceptance_open = false, intent_at = now() - interval '1 hour',
              intent = '{"actor":"staff@tandem.test","actorUserId":null,"override":false,"reason":null}' WHERE id = $1`,
      [id],
    );
    await apps.v1.post(`/v1/commissions/${id}/deliver`, {}).expect(409);
    await apps.link.setMode('ok');
    expect(await apps.v1.app.get(RecoverApprovals).run()).toBe(1);
    expect(await apps.commission(id)).toMatchObject({ state: 'APPROVED', funding: { state: 'held' } });
    expect(await apps.credit(partner.key)).toMatchObject({ reserved: 4 });
  });

  test('the decision is in the book from the business commit on, even if the process dies before it can ask', async () => {
    const { LaneDrainer } = await import('../apps/v1/src/modules/studio-link/lane-drainer.ts');
    const partner = await apps.newCreditPartner(10);
    const id = await apps.submit(partner.id, 4);
    await apps.approve(id);
    const drainer = apps.v1.app.get(LaneDrainer);
    const settleWithin = drainer.settleWithin.bind(drainer);
    drainer.settleWithin = () => Promise.reject(new Error('the process dies on this line'));
    await apps.v1.post(`/v1/commissions/${id}/deliver`, {}).expect(500);
    drainer.settleWithin = settleWithin;
    expect(await apps.commission(id)).toMatchObject({ state: 'DELIVERED' });
    expect(await apps.decisions(partner.key)).toEqual([{ operation: 'deliver', reason: 'not_asked', verdict: null }]);
    await apps.relay();
    expect(await apps.decisions(partner.key)).toMatchObject([{ verdict: 'honoured' }]);
    expect(await apps.credit(partner.key)).toMatchObject({ wallet: 6 });
  });

  test('a hold that was refused afterwards is asked for anew when staff approve again', async () => {
    const partner = await apps.newCreditPartner(1);
    const id = await apps.submit(partner.id, 4);
    await apps.link.setMode('refuse');
    await apps.approve(id);
    await apps.link.setMode('ok');
    await apps.relay();
    await apps.step(id, 'needs-information', { reason: 'which address?' });
    await apps.v1.post(`/v1/commissions/${id}/approve`, {}).expect(409);
    await apps.grant(partner.key, 10);
    expect(await apps.approve(id)).toMatchObject({ state: 'APPROVED', acceptance: 3, funding: { state: 'held' } });
  });

  test('each outage has one report with its decisions and verdicts', async () => {
    const { body } = await apps.v1.get('/v1/admin/studio-link/outages').expect(200);
    const { outages } = body as { outages: { ended_at: string | null; decisions: Record<string, number> }[] };
    expect(outages.length).toBeGreaterThan(3);
    expect(outages.every((outage) => outage.ended_at !== null)).toBe(true);
    const total = outages.reduce((sum, { decisions }) => sum + Object.values(decisions).reduce((a, b) => a + b, 0), 0);
    const { rows } = await apps.v1.pool.query<{ n: string }>(
      `SELECT count(*) AS n FROM studio_decisions WHERE reason <> 'not_asked'`,
    );
    expect(total).toBe(Number(rows[0]?.n));
  });
});

describe('Studio answers, but rejects our token', () => {
  let apps: BothApps;
  beforeAll(async () => {
    apps = await BothApps.start();
  });
  afterAll(() => apps.stop());

  test('V1 goes on, rows are held, and are delivered once the token is right', async () => {
    const partner = await apps.newCreditPartner(10);
    const [first, second] = [await apps.submit(partner.id, 4), await apps.submit(partner.id, 1)];
    await apps.setTokenValid(false);
    const refused = { state: 'APPROVED', studio: { reason: 'token_rejected', settled: false } };
    expect(await apps.approve(first)).toMatchObject(refused);
    const seen = apps.link.requestsSeen;
    // The hold concerns every lane: nobody asks again until it is time.
    expect(await apps.approve(second)).toMatchObject(refused);
    expect(apps.link.requestsSeen).toBe(seen);
    expect((await apps.outbox(partner.key)).map((row) => row.state)).toEqual(Array(4).fill('pending'));

    await apps.setTokenValid(true);
    apps.v1.clock.advance(11_000);
    await apps.relay();
    expect((await apps.outbox(partner.key)).map((row) => row.state)).toEqual(Array(4).fill('done'));
    expect(await apps.credit(partner.key)).toMatchObject({ reserved: 5 });
    expect((await apps.decisions(partner.key)).map((row) => row.verdict)).toEqual(['honoured', 'honoured']);
  });
});
