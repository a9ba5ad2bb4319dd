import type { ServiceClient } from './service-client.ts';
import { HttpRefusal, textOf } from './service-client.ts';
import type { Story } from './story.ts';

interface Credit {
  wallet: number;
  reserved: number;
  available: number;
}

interface MonitorRow {
  external_key: string;
  billing_mode: string;
  credit: Credit;
  warnings: string[];
}

interface Summary {
  v1_meta: { app: string; version: string; environment: string };
  studio: { base_url: string; reachable: boolean; reason: string; error: string | null; latency_ms: number | null };
  accounts: MonitorRow[];
  counts: { accounts: number };
  v1_invoices: { invoice_no: string | null; counterparty: string; amount: number; currency: string; status: string }[];
  v1_payments: { method: string; amount: number; currency: string; counterparty: string }[];
  outbox: { pending: number; parked: number };
}

interface Detail {
  studio_status: { status: { credit: Credit } };
  reservations: { status: string; amount: number; ref_id: string }[];
  ledger: { reason: string; delta: number; balance_after: number }[];
  timeline: { event_type: string; amount: number | null }[];
}

interface Step {
  id: number;
  state: string;
  studio: { reason: string; settled: boolean } | null;
}

const GRANTED = 100;
const DELIVERED_COST = 5;
const CANCELLED_COST = 8;
const STUDIO_ADVICE = 'look into logs/studio.log and logs/v1.log in the data folder, then start the stack again';
const MONITOR = '/v1/admin/billing-monitor';

/** The story of one account, told against a running stack: enrolled, funded, used, cancelled, refused. */
export class WalkThrough {
  constructor(
    private readonly v1: ServiceClient,
    private readonly studio: ServiceClient,
    private readonly story: Story,
  ) {}

  /** @throws UnexpectedError, HttpRefusal */
  async tell(): Promise<void> {
    await this.showPostpaidTruth();
    const partner = await this.enrolPartner();
    await this.seeCreditsAfterRefresh(partner.external_key);
    await this.deliverWork(partner);
    await this.cancelWork(partner);
    await this.meetTheGate(partner);
    await this.seeNothingOwed();
  }

  private async showPostpaidTruth(): Promise<void> {
    this.story.chapter("The Billing Monitor renders V1's invoices and payments");
    const { v1_meta, studio, v1_invoices, v1_payments, counts } = await this.summary();
    this.story.saw(
      `V1 is ${v1_meta.app} ${v1_meta.version} (${v1_meta.environment}); it watches ${counts.accounts} accounts`,
    );
    this.story.check(
      studio.reachable && studio.reason === 'ok',
      `Studio is reachable at ${studio.base_url}`,
      studio,
      STUDIO_ADVICE,
    );
    this.story.check(
      v1_invoices.length > 0 && v1_payments.length > 0,
      `${v1_invoices.length} newest invoices and ${v1_payments.length} newest payments`,
      { invoices: v1_invoices.length, payments: v1_payments.length },
      'start the stack with its demo world (without DEMO_WORLD=off)',
    );
    const open = v1_invoices.find(({ invoice_no }) => invoice_no !== null);
    if (open) this.story.remark(`for example ${open.invoice_no}, ${open.counterparty}, ${money(open)}, ${open.status}`);
    const [payment] = v1_payments;
    if (payment) this.story.remark(`and ${money(payment)} from ${payment.counterparty} by ${payment.method}`);
  }

  private async enrolPartner(): Promise<{ id: number; external_key: string }> {
    this.story.chapter('In Studio, enrol one account in CREDIT mode and grant credits');
    const name = `Demo Channel ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`;
    const partner = await this.v1.post<{ id: number; external_key: string }>('/v1/partners', { name });
    const before = this.row(await this.summary(`?q=${partner.external_key}`), partner.external_key);
    this.story.check(
      before.billing_mode === 'POSTPAID' && before.warnings.includes('not_enrolled'),
      `${name} (${partner.external_key}) is new: POSTPAID, not_enrolled`,
      before,
      STUDIO_ADVICE,
    );
    const path = `/v1/operator/accounts/${partner.external_key}`;
    await this.studio.post('/v1/operator/accounts', {
      external_key: partner.external_key,
      display_name: name,
      reason: 'Demo',
    });
    const grant = { amount: GRANTED, reason: 'Demo credits' };
    const key = { 'idempotency-key': `demo:${partner.external_key}` };
    await this.studio.post(`${path}/grants`, grant, key);
    // A press on the button too many: the same key answers the first grant, nothing is added.
    await this.studio.post(`${path}/grants`, grant, key);
    const account = await this.studio.post<{ billing_mode: string; credit: Credit }>(`${path}/mode`, {
      billing_mode: 'CREDIT',
      reason: 'Demo',
    });
    this.story.check(
      account.billing_mode === 'CREDIT' && account.credit.available === GRANTED,
      `Studio: CREDIT, ${figures(account.credit)} (the grant was sent twice and counted once)`,
      account,
      STUDIO_ADVICE,
    );
    return partner;
  }

  private async seeCreditsAfterRefresh(key: string): Promise<void> {
    this.story.chapter('Back in the Billing Monitor, Refresh now');
    const summary = await this.refreshNow(key);
    this.story.saw(`refreshed past the cache; Studio answered in ${summary.studio.latency_ms} ms`);
    this.story.chapter('The account row shows CREDIT and the credits');
    const row = this.row(summary, key);
    this.story.check(
      row.billing_mode === 'CREDIT' && row.credit.available === GRANTED && row.warnings.length === 0,
      `${key}: CREDIT, ${figures(row.credit)}, no warnings`,
      row,
      STUDIO_ADVICE,
    );
  }

  private async deliverWork(partner: { id: number; external_key: string }): Promise<void> {
    this.story.chapter('A commission is approved and delivered');
    const id = await this.submit(partner.id, DELIVERED_COST);
    await this.step(id, 'approve', 'APPROVED');
    const held = await this.detail(partner.external_key);
    this.checkHold(held, id, { status: 'ACTIVE', amount: DELIVERED_COST });
    this.checkCredit(held, { wallet: GRANTED, reserved: DELIVERED_COST, available: GRANTED - DELIVERED_COST });
    this.checkLedger(held, 'RESERVE');

    await this.step(id, 'deliver', 'DELIVERED');
    const consumed = await this.detail(partner.external_key);
    this.checkHold(consumed, id, { status: 'CONSUMED', amount: DELIVERED_COST });
    const left = GRANTED - DELIVERED_COST;
    this.checkCredit(consumed, { wallet: left, reserved: 0, available: left });
    this.checkLedger(consumed, 'CONSUME');
    this.story.remark(`timeline: ${timelineOf(consumed)}`);
  }

  private async cancelWork(partner: { id: number; external_key: string }): Promise<void> {
    this.story.chapter('Another one is approved and cancelled');
    const id = await this.submit(partner.id, CANCELLED_COST);
    await this.step(id, 'approve', 'APPROVED');
    const left = GRANTED - DELIVERED_COST;
    const held = await this.detail(partner.external_key);
    this.checkHold(held, id, { status: 'ACTIVE', amount: CANCELLED_COST });
    this.checkCredit(held, { wallet: left, reserved: CANCELLED_COST, available: left - CANCELLED_COST });

    await this.step(id, 'cancel', 'CANCELLED', { reason: 'Demo: the customer withdrew' });
    const released = await this.detail(partner.external_key);
    this.checkHold(released, id, { status: 'RELEASED', amount: CANCELLED_COST });
    this.checkCredit(released, { wallet: left, reserved: 0, available: left });
    this.checkLedger(released, 'RELEASE');
  }

  private async meetTheGate(partner: { id: number; external_key: string }): Promise<void> {
    this.story.chapter('Work the wallet cannot pay for is gated');
    const id = await this.submit(partner.id, GRANTED);
    try {
      await this.v1.post(`/v1/commissions/${id}/approve`);
    } catch (error) {
      if (!(error instanceof HttpRefusal) || error.code !== 'soft_gate_insufficient_credits') throw error;
      this.story.saw(`refused: ${textOf(error.body.detail)} (shortfall ${textOf(error.body.shortfall)})`);
      return;
    }
    this.story.check(false, 'approving more than the wallet holds is refused', { commission: id }, STUDIO_ADVICE);
  }

  private async seeNothingOwed(): Promise<void> {
    this.story.chapter('Nothing is owed between the two books');
    const { outbox } = await this.drained();
    this.story.check(
      outbox.pending === 0 && outbox.parked === 0,
      'every event and command has reached Studio: 0 pending, 0 parked',
      outbox,
      'open the Billing Monitor: it shows what waits and why',
    );
  }

  /** Events are told by the relay, within seconds. */
  private async drained(): Promise<Summary> {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const summary = await this.summary('?limit=1');
      if (summary.outbox.pending === 0 || performance.now() > deadline) return summary;
      await pause(250);
    }
  }

  private summary(query = ''): Promise<Summary> {
    return this.v1.get<Summary>(`${MONITOR}/summary${query}`);
  }

  private async refreshNow(key: string): Promise<Summary> {
    try {
      return await this.summary(`?q=${key}&refresh=true`);
    } catch (error) {
      if (!(error instanceof HttpRefusal) || error.code !== 'rate_limited') throw error;
      this.story.remark(`${textOf(error.body.detail)} Waiting.`);
      await pause((error.retryAfterSeconds ?? 5) * 1000);
      return this.summary(`?q=${key}&refresh=true`);
    }
  }

  private row(summary: Summary, key: string): MonitorRow {
    const row = summary.accounts.find((account) => account.external_key === key);
    if (!row) throw new Error(`the monitor does not list ${key}`);
    return row;
  }

  private detail(key: string): Promise<Detail> {
    return this.v1.get<Detail>(`${MONITOR}/account/${key}`);
  }

  private async submit(partnerId: number, cost: number): Promise<number> {
    const { id } = await this.v1.post<Step>('/v1/commissions', {
      title: `Demo valuation for ${cost} credits`,
      partner_id: partnerId,
      fees: '4500.00',
      credit_cost: cost,
    });
    this.story.saw(`commission ${id} submitted, it costs ${cost} credits`);
    return id;
  }

  private async step(id: number, name: string, state: string, body: object = {}): Promise<void> {
    const answer = await this.v1.post<Step>(`/v1/commissions/${id}/${name}`, body);
    this.story.check(
      answer.state === state && answer.studio?.reason === 'ok',
      `${name}: commission ${id} is ${state}, Studio agreed`,
      answer,
      STUDIO_ADVICE,
    );
  }

  private checkHold(detail: Detail, commission: number, expected: { status: string; amount: number }): void {
    const hold = detail.reservations.find((reservation) => reservation.ref_id === String(commission));
    this.story.check(
      hold?.status === expected.status && hold.amount === expected.amount,
      `monitor: reservation of ${expected.amount} is ${expected.status}`,
      hold ?? 'no reservation',
      STUDIO_ADVICE,
    );
  }

  private checkCredit(detail: Detail, expected: Credit): void {
    const { credit } = detail.studio_status.status;
    const holds =
      credit.wallet === expected.wallet &&
      credit.reserved === expected.reserved &&
      credit.available === expected.available;
    this.story.check(holds, `monitor: ${figures(expected)}`, credit, STUDIO_ADVICE);
  }

  private checkLedger(detail: Detail, reason: string): void {
    const [newest] = detail.ledger;
    this.story.check(
      newest?.reason === reason && detail.timeline.some(({ event_type }) => event_type === reason),
      `ledger: ${reason}, delta ${newest?.delta}, balance ${newest?.balance_after}; it is on the timeline`,
      { newest, timeline: timelineOf(detail) },
      STUDIO_ADVICE,
    );
  }
}

function figures({ wallet, reserved, available }: Credit): string {
  return `W: ${wallet} / R: ${reserved} / A: ${available}`;
}

function money({ amount, currency }: { amount: number; currency: string }): string {
  return `${amount.toLocaleString('en-IN', { minimumFractionDigits: 2 })} ${currency}`;
}

function timelineOf(detail: Detail): string {
  return detail.timeline.map(({ event_type }) => event_type).join(', ');
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
