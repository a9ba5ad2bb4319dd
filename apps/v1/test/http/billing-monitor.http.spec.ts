import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BothApps } from '../../../../scenarios/both-apps.ts';

const SUMMARY = '/v1/admin/billing-monitor/summary';
const DETAIL = '/v1/admin/billing-monitor/account';
const TIMEOUT_SECONDS = 0.5;

let apps: BothApps;
beforeAll(async () => {
  apps = await BothApps.start({
    v1: { STUDIO_HTTP_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS), MONITOR_REFRESH_COOLDOWN_SECONDS: '60' },
  });
});
afterAll(() => apps.stop());
beforeEach(async () => {
  await apps.link.setMode('ok');
  await apps.v1.pool.query('DELETE FROM monitor_refreshes');
  // Figures of earlier tests are old, so that each test asks for its own.
  apps.v1.clock.advance(60_000);
});

async function read(path: string) {
  const { body } = await apps.v1.get(path).expect(200);
  return body;
}

async function rowOf(key: string, query = '') {
  const { accounts } = await read(`${SUMMARY}?q=${key}${query}`);
  expect(accounts).toHaveLength(1);
  return accounts[0];
}

/** The next refresh is not the second of its window. */
async function refresh(path: string) {
  await apps.v1.pool.query('DELETE FROM monitor_refreshes');
  return read(`${path}${path.includes('?') ? '&' : '?'}refresh=true`);
}

async function newPaidInvoice(partnerId: number) {
  const lines = [{ description: 'Valuation', unit_price: '1180.50' }];
  const draft = await apps.v1.post('/v1/billing/invoices', { partner_id: partnerId, lines }).expect(201);
  const id = draft.body.invoice_id as number;
  await apps.v1.post(`/v1/billing/invoices/${id}/issue`, {}).expect(200);
  await apps.v1.post(`/v1/billing/invoices/${id}/payments`, { amount: '180.50', mode: 'UPI' }).expect(201);
  return id;
}

describe('with Studio up', () => {
  test('an account shows mode, credits and warnings from Studio beside what it owes in V1', async () => {
    const partner = await apps.newCreditPartner(100);
    await newPaidInvoice(partner.id);
    expect(await rowOf(partner.key)).toMatchObject({
      entity_type: 'referral_channel',
      entity_id: partner.id,
      external_key: partner.key,
      billing_mode: 'CREDIT',
      account_status: 'ACTIVE',
      credit: { wallet: 100, reserved: 0, available: 100 },
      warnings: [],
      studio_reachable: true,
      studio_status_error: null,
      age_seconds: 0,
      amount_due: 1000,
      amount_due_cents: 100_000,
      currency: 'INR',
      open_invoices: 1,
    });
  });

  test('the page names both services and costs Studio one status call and one meta call', async () => {
    await apps.newCreditPartner(0);
    await apps.newPartner();
    const before = apps.link.requestsSeen;
    const summary = await refresh(SUMMARY);
    expect(apps.link.requestsSeen - before).toBe(2);
    expect(summary.v1_meta).toMatchObject({ app: 'tandem-v1', environment: 'test', default_billing_mode: 'POSTPAID' });
    expect(summary.studio).toMatchObject({
      reachable: true,
      reason: 'ok',
      token_rejected: false,
      studio_meta: { app: 'tandem-studio', service: 'api', env: 'dev' },
      cache_age_seconds: 0,
      cache_ttl_seconds: 45,
      error: null,
      show_cached_banner: false,
    });
    expect(summary.studio.latency_ms).toBeGreaterThanOrEqual(0);
    expect(new Date(summary.studio.last_ok_at)).toEqual(apps.v1.clock.now());
  });

  test('no credits and not enrolled are two warnings; an account nobody enrolled is POSTPAID with HTTP 404', async () => {
    const empty = await apps.newCreditPartner(0);
    const stranger = await apps.newPartner();
    expect(await rowOf(empty.key)).toMatchObject({ warnings: ['insufficient_credits'], studio_status_error: null });
    const row = await rowOf(stranger.key);
    expect(row).toMatchObject({ billing_mode: 'POSTPAID', warnings: ['not_enrolled'], studio_reachable: true });
    expect(row.studio_status_error).toContain('HTTP 404');
  });

  test('the newest 30 invoices and payments of V1 are on the page, exact to the minor unit', async () => {
    const partner = await apps.newPartner('Anchor Valuers');
    const id = await newPaidInvoice(partner.id);
    const { v1_invoices, v1_payments } = await read(SUMMARY);
    expect(v1_invoices[0]).toMatchObject({
      invoice_id: id,
      counterparty: 'Anchor Valuers',
      amount: 1180.5,
      amount_cents: 118_050,
      status: 'PARTIALLY_PAID',
      external_key: partner.key,
    });
    expect(v1_payments[0]).toMatchObject({ method: 'UPI', amount: 180.5, amount_cents: 18_050, invoice_id: id });
    for (let left = 0; left < 31; left += 1) await apps.v1.newDraft(await apps.v1.newClient());
    expect((await read(SUMMARY)).v1_invoices).toHaveLength(30);
  });

  test('figures are asked for again after 45 seconds, or at once with refresh=true', async () => {
    const partner = await apps.newCreditPartner(5);
    await rowOf(partner.key);
    await apps.grant(partner.key, 5);
    apps.v1.clock.advance(44_000);
    expect(await rowOf(partner.key)).toMatchObject({ credit: { available: 5 }, age_seconds: 44 });
    expect((await refresh(`${SUMMARY}?q=${partner.key}`)).accounts[0]).toMatchObject({
      credit: { available: 10 },
      age_seconds: 0,
    });
    await apps.grant(partner.key, 5);
    apps.v1.clock.advance(46_000);
    expect(await rowOf(partner.key)).toMatchObject({ credit: { available: 15 } });
  });

  test('the detail shows the hold of an approval at once: reservation, ledger row and timeline', async () => {
    const partner = await apps.newCreditPartner(10);
    await read(`${DETAIL}/${partner.key}`);
    const commission = await apps.submit(partner.id, 4);
    await apps.approve(commission);
    apps.v1.clock.advance(1);
    const detail = await read(`${DETAIL}/${partner.key}`);
    expect(detail.studio_status).toMatchObject({
      reachable: true,
      stale: false,
      error: null,
      status: { billing_mode: 'CREDIT', credit: { wallet: 10, reserved: 4, available: 6 } },
    });
    expect(detail.reservations).toMatchObject([
      { status: 'ACTIVE', amount: 4, ref_type: 'commission_request', ref_id: String(commission) },
    ]);
    expect(detail.ledger.map((row: { reason: string }) => row.reason)).toEqual(['RESERVE', 'GRANT']);
    expect(detail.timeline.map((row: { event_type: string }) => row.event_type)).toContain('RESERVE');
    expect(detail.studio_collection_status).toMatchObject({
      reservations: { reachable: true, stale: false, error: null },
      ledger: { reachable: true, stale: false, error: null },
      timeline: { reachable: true, stale: false, error: null },
    });
    expect(detail.raw_json.reservations).toEqual(detail.reservations);
  });

  test('a key may be percent-encoded, and V1 rows of the detail are those of the account only', async () => {
    const partner = await apps.newPartner('Deodar Homes');
    const id = await newPaidInvoice(partner.id);
    const raw = await read(`${DETAIL}/${partner.key}`);
    const encoded = await read(`${DETAIL}/${encodeURIComponent(partner.key)}`);
    for (const detail of [raw, encoded]) {
      expect(detail).toMatchObject({ external_key: partner.key, entity_id: partner.id, display_name: 'Deodar Homes' });
      expect(detail.v1_invoices).toMatchObject([{ invoice_id: id }]);
      expect(detail.v1_payments).toMatchObject([{ invoice_id: id }]);
    }
  });

  test.each(['v1:partner:999999', 'v1:client:abc', 'v1:channel:7'])('%s is an account without rows', async (key) => {
    expect(await read(`${DETAIL}/${key}`)).toMatchObject({
      external_key: key,
      display_name: null,
      warnings: ['not_enrolled'],
      studio_status: { reachable: true, status: { billing_mode: 'POSTPAID', source: 'v1_default' } },
      reservations: [],
      v1_invoices: [],
      v1_payments: [],
    });
  });

  test.each(['nonsense', 'v1:partner', 'v1:partner:07', 'v1:robot:7', 'v2:external:7', 'v1%3Apartner%3A7%2F8'])(
    'the key %s is refused',
    async (key) => {
      const { body } = await apps.v1.get(`${DETAIL}/${key}`).expect(400);
      expect(body.detail).toContain('external_key');
    },
  );
});

describe('with Studio away', () => {
  test.each(['refuse', 'drop-response'] as const)(
    '%s: last figures, their age, the banner and all of V1',
    async (fault) => {
      const partner = await apps.newCreditPartner(100);
      const id = await newPaidInvoice(partner.id);
      await rowOf(partner.key);
      await read(`${DETAIL}/${partner.key}`);
      await apps.link.setMode(fault);
      apps.v1.clock.advance(90_000);

      const summary = await refresh(`${SUMMARY}?q=${partner.key}`);
      expect(summary.studio).toMatchObject({ reachable: false, reason: 'unreachable', show_cached_banner: true });
      expect(summary.studio).toMatchObject({ token_rejected: false, cache_age_seconds: 90 });
      expect(summary.studio.studio_meta).toMatchObject({ app: 'tandem-studio' });
      expect(summary.accounts[0]).toMatchObject({
        billing_mode: 'CREDIT',
        credit: { wallet: 100 },
        warnings: ['studio_unreachable', 'studio_cached'],
        studio_reachable: false,
        age_seconds: 90,
      });
      expect(summary.v1_invoices[0]).toMatchObject({ invoice_id: id });
      expect(summary.v1_payments[0]).toMatchObject({ invoice_id: id });

      const detail = await refresh(`${DETAIL}/${partner.key}`);
      expect(detail.studio_status).toMatchObject({
        reachable: false,
        stale: true,
        status: { credit: { wallet: 100 } },
      });
      expect(detail.studio_collection_status.ledger).toMatchObject({ reachable: false, stale: true });
      expect(detail.ledger).toMatchObject([{ reason: 'GRANT' }]);
      expect(detail.v1_invoices).toMatchObject([{ invoice_id: id }]);
    },
  );

  test('a black hole costs one deadline for the whole page, and V1 still renders', async () => {
    const partner = await apps.newPartner();
    const id = await newPaidInvoice(partner.id);
    await apps.link.setMode('black-hole');
    for (const path of [SUMMARY, `${DETAIL}/${partner.key}`]) {
      const startedAt = performance.now();
      const body = await refresh(path);
      // One deadline, not one for each of the calls behind the page.
      expect(performance.now() - startedAt).toBeLessThan(2 * TIMEOUT_SECONDS * 1000);
      expect(body.v1_invoices[0]).toMatchObject({ invoice_id: id });
    }
  });

  test('an account nothing was ever known of is POSTPAID and unreachable, not cached', async () => {
    const partner = await apps.newPartner();
    await apps.link.setMode('refuse');
    const summary = await read(`${SUMMARY}?q=${partner.key}`);
    expect(summary.studio).toMatchObject({ reachable: false, show_cached_banner: false, cache_age_seconds: null });
    expect(summary.accounts[0]).toMatchObject({
      billing_mode: 'POSTPAID',
      warnings: ['studio_unreachable'],
      status_fetched_at: null,
      age_seconds: null,
    });
  });

  test('figures within their time to live are marked as soon as the link is known to be down, and cleared after', async () => {
    const partner = await apps.newCreditPartner(3);
    await rowOf(partner.key);
    await apps.link.setMode('refuse');
    await apps.approve(await apps.submit(partner.id));
    apps.v1.clock.advance(1000);
    const down = await read(`${SUMMARY}?q=${partner.key}`);
    expect(down.studio).toMatchObject({ reachable: false, show_cached_banner: true });
    expect(down.accounts[0].warnings).toEqual(['studio_unreachable', 'studio_cached']);
    expect(down.outbox.pending).toBeGreaterThanOrEqual(2);
    expect(new Date(down.outbox.oldest_pending_at).getTime()).not.toBeNaN();
    expect(down.decisions).toEqual({ open: 1, open_exposure: 1 });
    expect(down.outages[0]).toMatchObject({ reason: 'unreachable', ended_at: null, decisions: { open: 1 } });

    await apps.link.setMode('ok');
    await apps.relay();
    const up = await read(`${SUMMARY}?q=${partner.key}`);
    expect(up.studio).toMatchObject({ reachable: true, error: null, show_cached_banner: false });
    expect(up.accounts[0]).toMatchObject({ warnings: [], credit: { reserved: 1 } });
    expect(up).toMatchObject({ outbox: { pending: 0 }, decisions: { open: 0, open_exposure: 0 } });
    expect(up.outages.length).toBeLessThanOrEqual(5);
    expect(up.outages[0]).toMatchObject({ decisions: { open: 0, honoured: 1 } });
  });

  test('a rejected token is not "reachable" and not "unavailable" either: the reason says what is wrong', async () => {
    const partner = await apps.newCreditPartner(7);
    await rowOf(partner.key);
    await apps.setTokenValid(false);
    apps.v1.clock.advance(60_000);
    const summary = await refresh(`${SUMMARY}?q=${partner.key}`);
    const detail = await refresh(`${DETAIL}/${partner.key}`);
    const [once, again] = [await refresh(SUMMARY), await refresh(SUMMARY)];
    await apps.setTokenValid(true);
    // Studio's public identity page, which answers all along, does not end the outage: it is one, and it is open.
    expect(once.outages[0]).toMatchObject({ reason: 'token_rejected', ended_at: null });
    expect(again.outages).toEqual(once.outages);
    expect(summary.studio).toMatchObject({
      reachable: false,
      token_rejected: true,
      reason: 'token_rejected',
      show_cached_banner: false,
    });
    expect(summary.studio.error).toContain('HTTP 401');
    expect(summary.accounts[0]).toMatchObject({ credit: { available: 7 }, studio_reachable: false });
    expect(detail.studio_status).toMatchObject({ reachable: false, token_rejected: true, stale: true });
    apps.v1.clock.advance(1);
    expect((await refresh(SUMMARY)).studio).toMatchObject({ reachable: true, token_rejected: false, reason: 'ok' });
  });
});

describe('who may look, and how often', () => {
  test.each(['staff', 'readonly'] as const)('%s is told that the admin role is required', async (role) => {
    for (const path of [SUMMARY, `${DETAIL}/v1:partner:1`]) {
      const { body } = await apps.v1.as(role, 'get', path).expect(403);
      expect(body.detail).toBe('Admin role required');
    }
  });

  test('nobody looks without signing in, nor with a service token', async () => {
    await apps.v1.as(null, 'get', SUMMARY).expect(401);
    const { token } = await apps.v1.issueServiceToken(['invoices:read']);
    await apps.v1.as({ token }, 'get', SUMMARY).expect(403);
  });

  test('one action refreshes the summary and the detail; the next has to wait, and is told how long', async () => {
    await apps.v1.get(`${SUMMARY}?refresh=true`).expect(200);
    await apps.v1.get(`${DETAIL}/v1:partner:1?refresh=true`).expect(200);
    for (const path of [SUMMARY, `${DETAIL}/v1:partner:1`]) {
      const answer = await apps.v1.get(`${path}?refresh=true`).expect(429);
      const seconds = Number(answer.headers['retry-after']);
      expect(seconds).toBeGreaterThan(50);
      expect(seconds).toBeLessThanOrEqual(60);
      expect(answer.body).toMatchObject({
        code: 'rate_limited',
        detail: `Refresh rate limited. Try again in ${seconds} seconds.`,
      });
    }
    await apps.v1.get(SUMMARY).expect(200);
    const other = await apps.v1.signIn('admin', await apps.v1.newClient());
    await apps.v1.as({ token: other }, 'get', `${SUMMARY}?refresh=true`).expect(200);
  });

  test('of many refreshes at once exactly one passes, and the next window opens again', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => apps.v1.get(`${SUMMARY}?refresh=true`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(429)]);
    await apps.v1.pool.query(`UPDATE monitor_refreshes SET window_ends_at = now() - interval '1 second'`);
    await apps.v1.get(`${SUMMARY}?refresh=true`).expect(200);
    await apps.v1.get(`${SUMMARY}?refresh=true`).expect(429);
  });

  test.each([
    'refresh=maybe',
    'limit=0',
    'limit=501',
    'sort=password',
    'mode=FREE',
    'warning=none',
    'cursor=x',
    'page=2',
  ])('the query %s is refused', async (query) => {
    await apps.v1.get(`${SUMMARY}?${query}`).expect(400);
  });
});
