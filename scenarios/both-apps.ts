import { accountKeyFor, type ExternalKey } from '@tandem/contracts';
import { startFaultProxy, type FaultProxy } from '@tandem/devkit/fault-proxy';
import type { TestDatabase } from '@tandem/devkit/test-database';
import { startStudio, type RunningStudio } from '../apps/studio/test/start-studio.ts';
import { V1UnderTest } from '../apps/v1/test/support/v1-under-test.ts';
import { LaneSweeper } from '../apps/v1/src/modules/studio-link/lane-sweeper.ts';

/** Short enough that a test of an outage does not wait for it, long enough for a healthy call on a busy machine. */
const STEP_BUDGET_MS = 1000;
const LARGE_GRANT = 1_000_000;

export interface CommissionAnswer {
  id: number;
  state: string;
  acceptance: number;
  funding: { state: string; code: string | null };
  studio: { reason: string; settled: boolean } | null;
}

/**
 * Both applications in this process, on real databases, talking real HTTP through a proxy that can fail. Background jobs
 * are off: a scenario decides when the relay works (`relay`), so nothing has to be waited for.
 */
export class BothApps {
  private grants = 0;
  private commissions = 0;

  private constructor(
    readonly studio: RunningStudio,
    readonly v1: V1UnderTest,
    readonly link: FaultProxy,
    private readonly token: string,
    private readonly operator: Record<string, string>,
  ) {}

  /** `studioDatabase`: a migrated database of the caller's own; the caller drops it. */
  static async start(
    given: { v1?: Record<string, string>; studio?: Record<string, string>; studioDatabase?: TestDatabase } = {},
  ): Promise<BothApps> {
    const studio = await startStudio({
      // Stories are not about what an operator may do: grants of any size take effect at once.
      env: {
        STUDIO_SECOND_APPROVER_ABOVE_CREDITS: '1000000000',
        STUDIO_DAILY_CREDITS_PER_OPERATOR: '1000000000',
        ...given.studio,
      },
      ...(given.studioDatabase === undefined ? {} : { database: given.studioDatabase }),
    });
    const target = new URL(await studio.app.getUrl());
    const link = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: Number(target.port) });
    const token = (await studio.serviceToken())['x-service-token'];
    if (token === undefined) throw new Error('Studio issued no token');
    const v1 = new V1UnderTest({
      STUDIO_BASE_URL: `http://127.0.0.1:${link.port}`,
      STUDIO_SERVICE_TOKEN: token,
      STUDIO_STEP_BUDGET_MS: String(STEP_BUDGET_MS),
      STUDIO_BREAKER_FAILURES: '1000',
      STUDIO_HOLD_RETRY_MS: '10000',
      ...given.v1,
    });
    await v1.start();
    return new BothApps(studio, v1, link, token, await studio.operator('admin'));
  }

  async stop(): Promise<void> {
    await this.v1.stop();
    await this.link.close();
    await this.studio.close();
  }

  /** Takes V1's token away at Studio, or gives it back, and waits until Studio acts on it. */
  async setTokenValid(valid: boolean): Promise<void> {
    await this.studio.pool.query('UPDATE service_tokens SET revoked_at = $1', [valid ? null : new Date()]);
    const asV1 = this.studio.as({ 'x-service-token': this.token });
    for (;;) {
      const { status } = await asV1.get('/v1/billing/accounts/status').query({ external_key: 'v1:partner:0' });
      if ((status !== 401) === valid) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** A new partner in V1, and its account key. */
  async newPartner(name = 'Partner'): Promise<{ id: number; key: ExternalKey }> {
    const answer = await this.v1.post('/v1/partners', { name }).expect(201);
    const { id } = answer.body as { id: number };
    return { id, key: accountKeyFor({ partnerId: id }) };
  }

  /** A new partner whose account is enrolled in credit mode with so many credits. */
  async newCreditPartner(credits: number): Promise<{ id: number; key: ExternalKey }> {
    const partner = await this.newPartner();
    await this.enrol(partner.key, 'CREDIT');
    if (credits > 0) await this.grant(partner.key, credits);
    return partner;
  }

  async enrol(key: ExternalKey, mode: 'POSTPAID' | 'CREDIT'): Promise<void> {
    await this.asOperator('post', '/v1/operator/accounts', {
      external_key: key,
      display_name: key,
      billing_mode: mode,
      reason: 'scenario',
    });
  }

  async setMode(key: ExternalKey, mode: 'POSTPAID' | 'CREDIT'): Promise<void> {
    const path = `/v1/operator/accounts/${key}/mode`;
    const rehearsal = await this.studio
      .as(this.operator)
      .get(`${path}/rehearsal`)
      .query({ billing_mode: mode })
      .expect(200);
    const { plan_digest } = rehearsal.body as { plan_digest: string };
    await this.asOperator('post', path, { billing_mode: mode, force: true, reason: 'scenario', plan_digest });
  }

  async grant(key: ExternalKey, credits: number): Promise<void> {
    this.grants += 1;
    const body = { amount: credits, reason: 'scenario', idempotency_key: `grant-${this.grants}` };
    // A large grant uses up what one person may move on a day.
    const person = credits > LARGE_GRANT ? await this.studio.operator('admin') : this.operator;
    await this.asOperator('post', `/v1/operator/accounts/${key}/grants`, body, person);
  }

  async submit(partnerId: number, creditCost: number | string = 1): Promise<number> {
    // A title of its own: two alike in a row would be taken for a double click.
    const title = `Work ${(this.commissions += 1)}`;
    const answer = await this.v1
      .post('/v1/commissions', { title, partner_id: partnerId, fees: '1180.00', credit_cost: creditCost })
      .expect(201);
    return (answer.body as { id: number }).id;
  }

  /** A step on a commission that must succeed. */
  async step(id: number, step: string, body: object = {}): Promise<CommissionAnswer> {
    const answer = await this.v1.post(`/v1/commissions/${id}/${step}`, body);
    if (answer.status !== 200) throw new Error(`${step} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as CommissionAnswer;
  }

  approve(id: number, body: object = {}): Promise<CommissionAnswer> {
    return this.step(id, 'approve', body);
  }

  async commission(id: number): Promise<CommissionAnswer> {
    const answer = await this.v1.get(`/v1/commissions/${id}`).expect(200);
    return answer.body as CommissionAnswer;
  }

  /** One round of the relay over every lane that has work, as if all backoffs were over. */
  async relay(): Promise<void> {
    await this.v1.pool.query('UPDATE lanes SET next_at = now()');
    await this.v1.app.get(LaneSweeper).sweep();
  }

  /** Wallet, reserved and available as Studio's service API says. */
  async credit(key: ExternalKey): Promise<{ wallet: number; reserved: number; available: number }> {
    const answer = await this.studio
      .as(await this.studio.serviceToken())
      .get('/v1/billing/accounts/status')
      .query({ external_key: key })
      .expect(200);
    return (answer.body as { credit: { wallet: number; reserved: number; available: number } }).credit;
  }

  async reservations(key: ExternalKey): Promise<{ status: string; amount: number; acceptance: number }[]> {
    return this.items('/v1/billing/credits/reservations', key);
  }

  async timeline(key: ExternalKey): Promise<string[]> {
    const rows = await this.items<{ event_type: string }>('/v1/billing/timeline', key);
    return rows.map((row) => row.event_type);
  }

  /** V1's outbox rows of an account, in lane order. */
  outbox(key: ExternalKey): Promise<{ event_type: string; state: string; answer_code: string | null }[]> {
    return this.v1.rows('SELECT event_type, state, answer_code FROM events WHERE account_key = $1 ORDER BY lane_seq', [
      key,
    ]);
  }

  /** V1's decision book for an account. */
  decisions(key: ExternalKey): Promise<{ operation: string; reason: string; verdict: string | null }[]> {
    return this.v1.rows('SELECT operation, reason, verdict FROM studio_decisions WHERE account_key = $1 ORDER BY id', [
      key,
    ]);
  }

  private async items<Row>(path: string, key: ExternalKey): Promise<Row[]> {
    const answer = await this.studio
      .as(await this.studio.serviceToken())
      .get(path)
      .query({ external_key: key, limit: 50 })
      .expect(200);
    return (answer.body as { items: Row[] }).items;
  }

  private async asOperator(verb: 'post', path: string, body: object, person = this.operator): Promise<void> {
    const answer = await this.studio.as(person)[verb](path).send(body);
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
}
