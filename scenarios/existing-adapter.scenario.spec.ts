import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BothApps } from './both-apps.ts';

/** Text form of a UUID, by which the adapter chooses between the two status paths. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type Json = Record<string, unknown>;

/**
 * The adapter that runs at customers today, call for call (CONTRACT 0 and 1.1): how it joins its base address, which
 * header it sends, in which order it looks for the rows of a collection. It must keep working unmodified.
 */
class ExistingAdapter {
  private readonly base: string;

  constructor(
    studioBaseUrl: string,
    private readonly token: string,
    private readonly header: 'x-service-token' | 'authorization' = 'x-service-token',
  ) {
    this.base = studioBaseUrl.replace(/\/+$/, '').replace(/\/v1$/, '');
  }

  async call(
    method: 'GET' | 'POST',
    path: string,
    given: { query?: Record<string, string>; body?: Json } = {},
  ): Promise<Json> {
    const url = new URL(`${this.base}/v1/${path}`);
    for (const [name, value] of Object.entries(given.query ?? {})) url.searchParams.set(name, value);
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        [this.header]: this.header === 'authorization' ? `Bearer ${this.token}` : this.token,
        ...(given.body ? { 'content-type': 'application/json' } : {}),
      },
      ...(given.body ? { body: JSON.stringify(given.body) } : {}),
    });
    if (answer.status >= 400) throw new Error(`HTTP ${answer.status}`);
    const body: unknown = await answer.json();
    if (typeof body !== 'object' || body === null || Array.isArray(body) || Object.keys(body).length === 0) {
      throw new Error('not a non-empty object');
    }
    return body as Json;
  }

  status(accountKey: string): Promise<Json> {
    return UUID.test(accountKey)
      ? this.call('GET', `billing/accounts/${accountKey}/status`)
      : this.call('GET', 'billing/accounts/status', { query: { external_key: accountKey } });
  }

  async collection(path: string, query: Record<string, string>): Promise<Json[]> {
    const body = await this.call('GET', path, { query });
    for (const name of ['rows', 'items', 'events', 'reservations', 'ledger', 'timeline', 'data']) {
      const rows = body[name];
      if (Array.isArray(rows)) return rows.filter((row): row is Json => typeof row === 'object' && row !== null);
    }
    throw new Error('no rows');
  }
}

describe('the adapter that runs today', () => {
  let apps: BothApps;
  let base: string;
  let token: string;
  let adapter: ExistingAdapter;
  let partner: { id: number; key: string };

  beforeAll(async () => {
    apps = await BothApps.start();
    base = await apps.studio.app.getUrl();
    token = (await apps.studio.serviceToken())['x-service-token']!;
    adapter = new ExistingAdapter(base, token);
    partner = await apps.newCreditPartner(100);
  });
  afterAll(() => apps.stop());

  test.each(['', '/', '/v1', '/v1/'])('reaches Studio at a base address that ends in %j', async (ending) => {
    expect(await new ExistingAdapter(`${base}${ending}`, token).call('GET', 'meta')).toMatchObject({
      app: expect.any(String),
      service: 'api',
      env: expect.stringMatching(/^(prod|dev)$/),
    });
  });

  test('authenticates by x-service-token or Bearer; a wrong token is 401, an unknown account the text HTTP 404', async () => {
    await expect(new ExistingAdapter(base, token, 'authorization').status(partner.key)).resolves.toBeDefined();
    await expect(new ExistingAdapter(base, 'wrong').status(partner.key)).rejects.toThrow('HTTP 401');
    await expect(adapter.status('v1:partner:424242')).rejects.toThrow('HTTP 404');
  });

  test('finds in the status what it reads, by key and by id', async () => {
    const status = await adapter.status(partner.key);
    expect(status).toMatchObject({
      account_id: expect.stringMatching(UUID),
      billing_mode: 'CREDIT',
      account_status: 'ACTIVE',
      payment_terms_days: expect.any(Number),
      credit: { wallet: 100, reserved: 0, available: 100 },
    });
    expect(await adapter.status(status.account_id as string)).toEqual(status);
  });

  test('reserves without an amount, consumes by reference, releases by reservation id', async () => {
    const work = { external_key: partner.key, ref_type: 'commission_request', ref_id: '900' };
    const held = await adapter.call('POST', 'billing/credits/reserve', {
      body: { ...work, idempotency_key: 'v1:credit_reserve:commission:900' },
    });
    expect(held).toMatchObject({
      id: expect.stringMatching(UUID),
      account_id: expect.stringMatching(UUID),
      amount: 1,
      status: 'ACTIVE',
      ref_type: 'commission_request',
      ref_id: '900',
      created_at: expect.any(String),
      expires_at: expect.any(String),
      consumed_at: null,
      released_at: null,
    });
    const consumed = await adapter.call('POST', 'billing/credits/consume', {
      body: { ...work, idempotency_key: 'v1:credit_consume:deliverable:1' },
    });
    expect(consumed).toMatchObject({ reason: 'CONSUME', delta: -1, reservation_id: held.id });

    const other = await adapter.call('POST', 'billing/credits/reserve', {
      body: {
        ...work,
        ref_id: '901',
        amount: 2,
        operator_override: false,
        idempotency_key: 'v1:credit_reserve:commission:901',
      },
    });
    const released = await adapter.call('POST', 'billing/credits/release', {
      body: {
        account_id: held.account_id,
        reservation_id: other.id,
        idempotency_key: 'v1:credit_release:commission:901',
      },
    });
    expect(released).toMatchObject({ reason: 'RELEASE', delta: 2 });
  });

  test('sends an event; a repeat answers the first row, and an unknown account is accepted', async () => {
    const body = {
      source_system: 'v1',
      event_type: 'invoice_issued',
      external_account_key: 'v1:client:555',
      payload_json: {
        invoice_id: 5,
        invoice_number: 'INV-2026-00005',
        total_amount: '1180.00',
        anything: { else: true },
      },
      idempotency_key: 'v1:invoice_issued:5:0:0123456789abcdef',
    };
    const first = await adapter.call('POST', 'billing/events', { body });
    expect(first).toMatchObject({
      id: expect.stringMatching(UUID),
      source_system: 'V1',
      event_type: 'invoice_issued',
      account_id: null,
      external_account_key: 'v1:client:555',
      payload_json: body.payload_json,
      idempotency_key: body.idempotency_key,
      created_at: expect.any(String),
    });
    expect(await adapter.call('POST', 'billing/events', { body })).toEqual(first);
  });

  test.each(['1', '30', '50'])(
    'reads the three collections with limit %s, newest first, with the fields the page shows',
    async (limit) => {
      const { account_id } = await adapter.status(partner.key);
      const queries: Record<string, string>[] = [
        { external_key: partner.key },
        { account_id: account_id as string },
        { external_key: partner.key, account_id: account_id as string },
      ];
      for (const query of queries) {
        const reservations = await adapter.collection('billing/credits/reservations', { ...query, limit });
        const ledger = await adapter.collection('billing/credits/ledger', { ...query, limit });
        const timeline = await adapter.collection('billing/timeline', { ...query, limit });
        for (const rows of [reservations, ledger, timeline]) {
          expect(rows.length).toBeGreaterThan(0);
          expect(rows.length).toBeLessThanOrEqual(Number(limit));
          const times = rows.map((row) => Date.parse((row.timestamp ?? row.created_at) as string));
          expect(times).toEqual([...times].sort((a, b) => b - a));
        }
        expect(reservations[0]).toMatchObject({
          id: expect.any(String),
          status: expect.any(String),
          ref_type: expect.any(String),
          ref_id: expect.any(String),
          amount: expect.any(Number),
          created_at: expect.any(String),
        });
        expect(ledger[0]).toMatchObject({
          id: expect.any(String),
          reason: expect.any(String),
          delta: expect.any(Number),
          created_at: expect.any(String),
          idempotency_key: expect.any(String),
        });
        expect(timeline[0]).toMatchObject({
          event_type: expect.any(String),
          timestamp: expect.any(String),
          source: expect.any(String),
        });
      }
    },
  );
});
