import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Metrics } from '@tandem/platform/metrics/metrics';
import { Webhook } from 'standardwebhooks';
import type { Agent } from 'supertest';
import { DeliverWebhooks } from '../../src/modules/outgoing-webhooks/deliver-webhooks.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { answer, WebhookReceiver } from '../support/webhook-receiver.ts';

interface Endpoint {
  id: string;
  url: string;
  version: number;
  is_enabled: boolean;
  disabled_reason: string | null;
  failing_since: string | null;
  secret: string;
}

interface Delivery {
  id: string;
  webhook_id: string;
  status: string;
  attempts: number;
  last_status_code: number | null;
  last_error: string | null;
  next_attempt_at: string | null;
  attempt_log: { attempt: number; status_code: number | null; error: string | null; duration_ms: number }[];
}

const ENDPOINTS = '/v1/operator/webhook-endpoints';
const TYPES = ['account.low_balance', 'account.balance_recovered'];

let studio: RunningStudio;
let receiver: WebhookReceiver;
let admin: Agent;
let operator: Agent;
let registered = 0;

beforeAll(async () => {
  studio = await startStudio({ env: { WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true', WEBHOOK_TIMEOUT_MS: '400' } });
  receiver = await WebhookReceiver.start();
  admin = studio.as(await studio.operator('admin'));
  operator = studio.as(await studio.operator('operator'));
});
afterAll(async () => {
  await studio.close();
  await receiver.close();
});

/** An endpoint of its own for a test, at a path of its own. */
async function register(fields: Record<string, unknown> = {}): Promise<Endpoint & { path: string }> {
  registered += 1;
  const path = `/hook-${registered}`;
  const body = { url: receiver.url(path), event_types: TYPES, description: 'CRM', reason: 'asked for', ...fields };
  const created = await admin.post(ENDPOINTS).send(body).expect(201);
  return { ...(created.body as Endpoint), path };
}

async function sendTest(endpoint: Endpoint): Promise<string> {
  const sent = await admin.post(`${ENDPOINTS}/${endpoint.id}/test`).send({ reason: 'try it' }).expect(202);
  return (sent.body as Delivery).id;
}

/** One round of the loop, to its end. */
async function deliver(of: RunningStudio = studio): Promise<void> {
  await of.app.get(DeliverWebhooks).run();
  await of.app.get(DeliverWebhooks).settled();
}

async function deliveryOf(id: string): Promise<Delivery> {
  return (await operator.get(`/v1/operator/webhook-deliveries/${id}`).expect(200)).body as Delivery;
}

async function endpointOf(id: string): Promise<Endpoint> {
  return (await operator.get(`${ENDPOINTS}/${id}`).expect(200)).body as Endpoint;
}

/** As if the pause before the next try were over. */
async function makeDue(): Promise<void> {
  await studio.pool.query(`UPDATE webhook_deliveries SET next_attempt_at = clock_timestamp() WHERE status = 'PENDING'`);
}

describe('endpoints', () => {
  test('201 shows the secret once; the list, the history and the table never show it again', async () => {
    const endpoint = await register();
    expect(endpoint.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const list = await operator.get(ENDPOINTS).expect(200);
    expect(JSON.stringify(list.body)).not.toContain('whsec_');
    const { rows } = await studio.pool.query(
      `SELECT encode(sealed, 'escape') AS text FROM webhook_secrets UNION ALL
       SELECT after::text FROM audit_entries`,
    );
    expect(JSON.stringify(rows)).not.toContain('whsec_');
    expect(JSON.stringify(rows)).not.toContain(endpoint.secret.slice(6, 20));
  });

  test.each([
    [{ url: 'ftp://example.com/hook' }],
    [{ url: 'nonsense' }],
    [{ event_types: [] }],
    [{ event_types: ['account.unknown'] }],
    [{ event_types: [TYPES[0], TYPES[0]] }],
    [{ reason: '' }],
    [{ secret: 'mine' }],
  ])('400 for %j', async (fields) => {
    const body = { url: receiver.url('/bad'), event_types: TYPES, reason: 'x', ...fields };
    expect((await admin.post(ENDPOINTS).send(body)).status).toBe(400);
  });

  test('401 without a session, 403 for everybody but admins, 404 for what is not there, 409 for a URL twice', async () => {
    const endpoint = await register();
    const body = { url: endpoint.url, event_types: TYPES, reason: 'x' };
    const viewer = studio.as(await studio.operator('viewer'));
    expect((await studio.as({}).get(ENDPOINTS)).status).toBe(401);
    expect((await operator.post(ENDPOINTS).send(body)).status).toBe(403);
    expect((await viewer.post(`${ENDPOINTS}/${endpoint.id}/rotate-secret`).send({ reason: 'x' })).status).toBe(403);
    expect((await admin.post(ENDPOINTS).send(body)).body).toMatchObject({ status: 409, code: 'already_exists' });
    const absent = '00000000-0000-7000-8000-000000000000';
    for (const path of [`${ENDPOINTS}/${absent}`, `${ENDPOINTS}/${absent}/deliveries`]) {
      expect((await operator.get(path)).status).toBe(404);
    }
    expect((await operator.get(`/v1/operator/webhook-deliveries/${absent}`)).status).toBe(404);
    expect((await operator.get(`${ENDPOINTS}/1`)).status).toBe(400);
  });

  test('an edit of an older version is 409; an edit keeps who, why, before and after', async () => {
    const endpoint = await register();
    const edit = { url: endpoint.url, event_types: [TYPES[0]], is_enabled: true, reason: 'fewer', version: 1 };
    const changed = await admin.put(`${ENDPOINTS}/${endpoint.id}`).send(edit).expect(200);
    expect(changed.body).toMatchObject({ event_types: [TYPES[0]], version: 2 });
    const stale = await admin.put(`${ENDPOINTS}/${endpoint.id}`).send(edit);
    expect(stale.body).toMatchObject({ status: 409, code: 'stale_version', current_version: 2 });
    const { rows } = await studio.pool.query(
      `SELECT act, phase, actor, reason, before, after FROM audit_entries WHERE target = $1 ORDER BY day, position`,
      [`webhook-endpoint:${endpoint.id}`],
    );
    expect(rows).toEqual([
      expect.objectContaining({ act: 'webhook_endpoint_registered', before: null, reason: 'asked for' }),
      {
        ...{ act: 'webhook_endpoint_changed', phase: 'DONE', actor: expect.stringMatching(/^admin/), reason: 'fewer' },
        before: expect.objectContaining({ event_types: TYPES, version: 1, host: new URL(endpoint.url).host }),
        after: expect.objectContaining({ event_types: [TYPES[0]], version: 2 }),
      },
    ]);
  });

  test('where private addresses are not allowed, hostile URLs are refused, and one that slipped in is never called', async () => {
    const endpoint = await register();
    const strict = await startStudio({ database: studio.database });
    const strictAdmin = strict.as(await strict.operator('admin').catch(() => strict.operator('admin')));
    for (const url of [
      receiver.url('/x'),
      'https://127.0.0.1/',
      'https://169.254.169.254/',
      'https://[::ffff:10.0.0.1]/',
    ]) {
      const refused = await strictAdmin.post(ENDPOINTS).send({ url, event_types: TYPES, reason: 'x' });
      expect(refused.body).toMatchObject({ status: 400, errors: [{ path: 'url' }] });
    }
    const id = await sendTest(endpoint);
    await deliver(strict);
    expect(receiver.at(endpoint.path)).toEqual([]);
    expect(await deliveryOf(id)).toMatchObject({ status: 'PENDING', last_error: 'must begin with https://' });
    await strict.close();
    await makeDue();
    await deliver();
  });
});

describe('delivery', () => {
  test('an independent verifier accepts what arrives; the log says delivered', async () => {
    const endpoint = await register();
    const id = await sendTest(endpoint);
    await deliver();
    const [request] = receiver.at(endpoint.path);
    const headers = request?.headers as Record<string, string>;
    expect(new Webhook(endpoint.secret).verify(request?.body ?? '', headers)).toMatchObject({
      type: 'webhook.test',
      timestamp: expect.any(String),
      data: {},
    });
    const delivery = await deliveryOf(id);
    expect(delivery).toMatchObject({ status: 'DELIVERED', attempts: 1, last_status_code: 204, next_attempt_at: null });
    expect(headers['webhook-id']).toBe(delivery.webhook_id);
    expect(headers['content-type']).toBe('application/json');
  });

  test('failures of every kind are logged and retried under the same webhook-id until it arrives', async () => {
    const endpoint = await register();
    const other = receiver.at('/elsewhere').length;
    receiver.next(
      answer(500, { 'content-type': 'text/plain' }, 'no \u0000 database'),
      answer(302, { location: receiver.url('/elsewhere') }),
      (response) => void response.destroy(),
      () => undefined,
      (response) => void response.writeHead(503).write('x'.repeat(5_000_000)),
    );
    const id = await sendTest(endpoint);
    for (let round = 0; round < 6; round += 1) {
      await deliver();
      await makeDue();
    }
    const requests = receiver.at(endpoint.path);
    expect(requests).toHaveLength(6);
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(receiver.at('/elsewhere')).toHaveLength(other);
    const delivery = await deliveryOf(id);
    expect(delivery).toMatchObject({ status: 'DELIVERED', attempts: 6 });
    expect(delivery.attempt_log.toReversed().map(({ status_code, error }) => [status_code, error])).toEqual([
      [500, 'no database'],
      [302, 'redirects are not followed.'],
      [null, 'socket hang up'],
      [null, 'no answer in time'],
      [503, 'x'.repeat(500)],
      [204, null],
    ]);
    expect(await endpointOf(endpoint.id)).toMatchObject({ is_enabled: true, failing_since: null });
  });

  test('a success with an endless body is a success, and nobody listening is a failure', async () => {
    const endpoint = await register();
    receiver.next((response) => {
      response.writeHead(200);
      const flood = setInterval(() => response.write('x'.repeat(100_000)), 1);
      response.on('close', () => clearInterval(flood));
    });
    const id = await sendTest(endpoint);
    await deliver();
    expect(await deliveryOf(id)).toMatchObject({ status: 'DELIVERED', last_status_code: 200 });

    const gone = await WebhookReceiver.start();
    const url = gone.url();
    await gone.close();
    const dead = await register({ url });
    const failed = await sendTest(dead);
    await deliver();
    expect(await deliveryOf(failed)).toMatchObject({
      status: 'PENDING',
      last_error: expect.stringMatching(/ECONNREFUSED/),
    });
    await admin
      .put(`${ENDPOINTS}/${dead.id}`)
      .send({ ...editOf(dead), is_enabled: false, reason: 'gone' })
      .expect(200);
  });

  test('while a secret is rotated both sign; afterwards, or without overlap, only the new one', async () => {
    const endpoint = await register();
    const rotate = async (overlap_hours: number) =>
      (await admin.post(`${ENDPOINTS}/${endpoint.id}/rotate-secret`).send({ reason: 'x', overlap_hours }).expect(201))
        .body as Endpoint;
    const accepted = async (secrets: string[]) => {
      await sendTest(endpoint);
      await deliver();
      const { body = '', headers } = receiver.at(endpoint.path).at(-1) ?? {};
      return secrets.map((secret) => {
        try {
          return new Webhook(secret).verify(body, headers as Record<string, string>) !== undefined;
        } catch {
          return false;
        }
      });
    };
    const second = await rotate(24);
    expect(await accepted([endpoint.secret, second.secret])).toEqual([true, true]);
    const third = await rotate(24);
    expect(await accepted([endpoint.secret, second.secret, third.secret])).toEqual([false, true, true]);
    const fourth = await rotate(0);
    expect(await accepted([second.secret, third.secret, fourth.secret])).toEqual([false, false, true]);
  });

  test('after three days without success: FAILED, endpoint off; switched on, a redelivery has the same id', async () => {
    const endpoint = await register();
    receiver.next(answer(500), answer(500));
    const id = await sendTest(endpoint);
    await deliver();
    const { webhook_id } = await deliveryOf(id);
    await studio.pool.query(
      `UPDATE webhook_deliveries SET queued_at = queued_at - interval '72 hours', next_attempt_at = clock_timestamp()
        WHERE delivery_id = $1`,
      [id],
    );
    await studio.pool.query(
      `UPDATE webhook_endpoints SET failing_since = failing_since - interval '72 hours' WHERE endpoint_id = $1`,
      [endpoint.id],
    );
    await deliver();
    expect(await deliveryOf(id)).toMatchObject({ status: 'FAILED', attempts: 2 });
    const off = await endpointOf(endpoint.id);
    expect(off).toMatchObject({
      is_enabled: false,
      disabled_reason: 'no delivery succeeded for three days',
      version: 2,
    });

    const again = () => operator.post(`/v1/operator/webhook-deliveries/${id}/redeliver`).send({ reason: 'fixed' });
    expect((await again()).body).toMatchObject({ status: 409, code: 'invalid_transition' });
    await admin
      .put(`${ENDPOINTS}/${endpoint.id}`)
      .send({ ...editOf(off), is_enabled: true, reason: 'fixed' })
      .expect(200);
    expect((await again()).body).toMatchObject({ status: 'PENDING', webhook_id });
    await deliver();
    expect(await deliveryOf(id)).toMatchObject({ status: 'DELIVERED', attempts: 3 });
    expect(receiver.at(endpoint.path).at(-1)?.headers['webhook-id']).toBe(webhook_id);
    expect(await endpointOf(endpoint.id)).toMatchObject({ is_enabled: true, disabled_reason: null });
  });

  test('410 Gone ends it at once', async () => {
    const endpoint = await register();
    receiver.next(answer(410));
    const id = await sendTest(endpoint);
    await deliver();
    expect(await deliveryOf(id)).toMatchObject({ status: 'FAILED' });
    expect(await endpointOf(endpoint.id)).toMatchObject({ disabled_reason: 'the receiver answered 410 Gone' });
    expect((await admin.post(`${ENDPOINTS}/${endpoint.id}/test`).send({ reason: 'x' })).status).toBe(409);
  });

  test('Retry-After is obeyed', async () => {
    const endpoint = await register();
    receiver.next(answer(503, { 'retry-after': '1800' }));
    const id = await sendTest(endpoint);
    const before = Date.now();
    await deliver();
    const { next_attempt_at } = await deliveryOf(id);
    expect(Date.parse(next_attempt_at ?? '') - before).toBeGreaterThan(1_790_000);
    await makeDue();
    await deliver();
  });

  test('two instances at once deliver each message once; the log pages through all of them', async () => {
    const endpoint = await register();
    const beside = await startStudio({
      database: studio.database,
      env: { WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true' },
    });
    const ids = await Promise.all(Array.from({ length: 40 }, () => sendTest(endpoint)));
    await Promise.all([deliver(), deliver(beside)]);
    await beside.close();
    const requests = receiver.at(endpoint.path);
    expect(requests).toHaveLength(40);
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(40);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: '15', status: 'DELIVERED', ...(cursor && { cursor }) };
      const page = await operator.get(`${ENDPOINTS}/${endpoint.id}/deliveries`).query(query).expect(200);
      const { items, next_cursor } = page.body as { items: Delivery[]; next_cursor: string | null };
      seen.push(...items.map(({ id }) => id));
      cursor = next_cursor;
    } while (cursor !== null);
    expect(seen.toSorted()).toEqual(ids.toSorted());
  });

  test('one dead receiver does not keep another waiting', async () => {
    const [slow, quick] = [await register(), await register()];
    receiver.next(() => undefined);
    const late = await sendTest(slow);
    const deliverWebhooks = studio.app.get(DeliverWebhooks);
    await deliverWebhooks.run();
    const onTime = await sendTest(quick);
    await deliverWebhooks.run();
    while ((await deliveryOf(onTime)).status !== 'DELIVERED') await new Promise(setImmediate);
    expect((await deliveryOf(late)).attempt_log).toEqual([]);
    await deliverWebhooks.settled();
    expect((await deliveryOf(late)).attempt_log).toHaveLength(1);
    await makeDue();
    await deliver();
  });

  test('metrics: tries by outcome, age of the oldest, endpoints switched off', async () => {
    const endpoint = await register();
    await sendTest(endpoint);
    await studio.pool.query(
      `UPDATE webhook_deliveries SET queued_at = clock_timestamp() - interval '90 seconds' WHERE endpoint_id = $1`,
      [endpoint.id],
    );
    const lines = async () =>
      (await studio.app.get(Metrics).registry.metrics())
        .split('\n')
        .filter((line) => line.startsWith('billing_outgoing_webhook'))
        .toSorted();
    const off = (await operator.get(ENDPOINTS)).body.items.filter((each: Endpoint) => !each.is_enabled) as Endpoint[];
    expect(await lines()).toEqual([
      `billing_outgoing_webhook_endpoints_disabled ${off.length}`,
      expect.stringMatching(/^billing_outgoing_webhook_oldest_pending_seconds 9\d/),
      expect.stringMatching(/^billing_outgoing_webhooks_total\{outcome="delivered"\} [1-9]/),
      expect.stringMatching(/^billing_outgoing_webhooks_total\{outcome="failed"\} [1-9]/),
      expect.stringMatching(/^billing_outgoing_webhooks_total\{outcome="retried"\} [1-9]/),
    ]);
    await deliver();
    expect(await lines()).toContain('billing_outgoing_webhook_oldest_pending_seconds 0');
  });
});

function editOf(endpoint: Endpoint): Record<string, unknown> {
  return { url: endpoint.url, event_types: TYPES, version: endpoint.version };
}
