import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Agent } from 'supertest';
import { FoldBalanceAlerts } from '../../src/modules/alerts/fold-balance-alerts.ts';
import { DeliverWebhooks } from '../../src/modules/outgoing-webhooks/deliver-webhooks.ts';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

interface AlertRow {
  kind: string;
  threshold_micro: string;
  ledger_seq: string;
  available_micro: string;
}

let studio: RunningStudio;
let receiver: WebhookReceiver;
let operator: Agent;
let v1: Agent;
let accounts = 0;

beforeAll(async () => {
  studio = await startStudio({ env: { WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true' } });
  receiver = await WebhookReceiver.start();
  operator = studio.as(await studio.operator());
  v1 = studio.as(await studio.serviceToken());
  const endpoint = {
    url: receiver.url(),
    event_types: ['account.low_balance', 'account.balance_recovered'],
    reason: 'the CRM wants to know',
  };
  await studio
    .as(await studio.operator('admin'))
    .post('/v1/operator/webhook-endpoints')
    .send(endpoint)
    .expect(201);
});
afterAll(async () => {
  await studio.close();
  await receiver.close();
});

const pathOf = (key: string) => `/v1/operator/accounts/${key}/alert-thresholds`;

/** An enrolled account of its own for a test. */
async function newAccount(credits = 0): Promise<string> {
  accounts += 1;
  const key = `v1:partner:${accounts}`;
  const account = { external_key: key, display_name: key, billing_mode: 'CREDIT', reason: 'test' };
  await operator.post('/v1/operator/accounts').send(account).expect(201);
  if (credits > 0) await grant(key, credits);
  return key;
}

let commands = 0;
const nextKey = () => `k-${(commands += 1)}`;

async function grant(key: string, amount: number): Promise<void> {
  const body = { amount, reason: 'test', idempotency_key: nextKey() };
  await operator.post(`/v1/operator/accounts/${key}/grants`).send(body).expect(201);
}

async function reserve(key: string, ref_id: string, amount: number): Promise<void> {
  const body = { external_key: key, ref_type: 'job', ref_id, amount, idempotency_key: nextKey() };
  await v1.post('/v1/billing/credits/reserve').send(body).expect(201);
}

async function settle(key: string, ref_id: string, how: 'release' | 'consume'): Promise<void> {
  const body = { external_key: key, ref_type: 'job', ref_id, idempotency_key: nextKey() };
  await v1.post(`/v1/billing/credits/${how}`).send(body).expect(201);
}

async function setThresholds(key: string, thresholds: (string | number)[]): Promise<Record<string, unknown>> {
  const answer = await operator.put(pathOf(key)).send({ thresholds, reason: 'watch it' }).expect(200);
  return answer.body as Record<string, unknown>;
}

const fold = (of: RunningStudio = studio) => of.app.get(FoldBalanceAlerts).run();

async function alertsOf(key: string): Promise<[string, number, number][]> {
  const { rows } = await studio.pool.query<AlertRow>(
    `SELECT kind, threshold_micro, ledger_seq, available_micro FROM balance_alerts JOIN accounts USING (account_id)
      WHERE external_key = $1 ORDER BY ledger_seq, threshold_micro`,
    [key],
  );
  return rows.map((row) => [row.kind, Number(row.threshold_micro) / 1e6, Number(row.available_micro) / 1e6]);
}

/** What the alerts of an account must be, by another way than the fold: the database compares neighbouring rows. */
async function crossingsOf(key: string, threshold: number): Promise<[string, number, number][]> {
  const { rows } = await studio.pool.query<{ available: string; low: boolean; was_low: boolean | null }>(
    `SELECT available, available <= $2 AS low, lag(available <= $2) OVER (ORDER BY seq) AS was_low
       FROM (SELECT seq, (balance_after_micro - reserved_after_micro) / 1000000.0 AS available
               FROM ledger JOIN accounts USING (account_id) WHERE external_key = $1) rows ORDER BY seq`,
    [key, threshold],
  );
  return rows
    .filter((row) => row.was_low !== null && row.was_low !== row.low)
    .map((row) => [row.low ? 'LOW_BALANCE' : 'BALANCE_RECOVERED', threshold, Number(row.available)]);
}

describe('thresholds', () => {
  test('200: set, listed lowest first with their state; the same set again changes nothing; an empty set removes them', async () => {
    const key = await newAccount(50);
    const set = await setThresholds(key, ['100', 0, '10.5', '100']);
    expect(set.items).toEqual([
      { threshold: '0', is_low: false, created_at: expect.any(String) },
      { threshold: '10.5', is_low: false, created_at: expect.any(String) },
      { threshold: '100', is_low: true, created_at: expect.any(String) },
    ]);
    expect(await setThresholds(key, [100, '10.500', '0'])).toEqual(set);
    expect((await operator.get(pathOf(key)).expect(200)).body).toEqual(set);
    expect(await setThresholds(key, [])).toEqual({ items: [] });
    const timeline = await operator.get(`/v1/operator/accounts/${key}/timeline`).expect(200);
    const changes = (timeline.body.items as { event_type: string; payload_json: unknown }[]).filter(
      ({ event_type }) => event_type === 'account_alert_thresholds_changed',
    );
    expect(changes.map(({ payload_json }) => payload_json)).toEqual([
      expect.objectContaining({ before: { thresholds: ['0', '10.5', '100'] }, after: { thresholds: [] } }),
      expect.objectContaining({ before: { thresholds: [] }, reason: 'watch it', actor: expect.any(String) }),
    ]);
  });

  test.each([
    [{ thresholds: ['-1'] }],
    [{ thresholds: ['1.1234567'] }],
    [{ thresholds: ['1e3'] }],
    [{ thresholds: ['9999999999'] }],
    [{ thresholds: [null] }],
    [{ thresholds: '5' }],
    [{ thresholds: Array.from({ length: 11 }, (_, index) => index) }],
    [{}],
    [{ thresholds: [], reason: '' }],
  ])('400 for %j', async (fields) => {
    const key = await newAccount();
    expect((await operator.put(pathOf(key)).send({ reason: 'x', ...fields })).status).toBe(400);
  });

  test('401 without a session, 403 for viewers, 404 for who is not enrolled, 409 for an older version', async () => {
    const key = await newAccount();
    const body = { thresholds: ['5'], reason: 'x' };
    const viewer = studio.as(await studio.operator('viewer'));
    expect((await studio.as({}).put(pathOf(key)).send(body)).status).toBe(401);
    expect((await viewer.put(pathOf(key)).send(body)).status).toBe(403);
    expect((await viewer.get(pathOf(key))).status).toBe(200);
    for (const refused of [operator.put(pathOf('v1:partner:999')).send(body), operator.get(pathOf('v1:partner:999'))]) {
      expect((await refused).body).toMatchObject({ status: 404, code: 'account_not_enrolled' });
    }
    const stale = await operator.put(pathOf(key)).send({ ...body, version: 99 });
    expect(stale.body).toMatchObject({ status: 409, code: 'stale_version' });
  });
});

describe('alerts', () => {
  test('a crossing is one row, on the timeline, and one signed message; a movement down and up again is told as both', async () => {
    const key = await newAccount(100);
    await setThresholds(key, ['20']);
    await reserve(key, 'a', 79);
    await fold();
    expect(await alertsOf(key)).toEqual([]);
    await reserve(key, 'b', 1);
    await settle(key, 'a', 'release');
    expect(await fold()).toHaveLength(2);
    expect(await fold()).toEqual([]);
    expect(await alertsOf(key)).toEqual([
      ['LOW_BALANCE', 20, 20],
      ['BALANCE_RECOVERED', 20, 99],
    ]);
    const timeline = await v1.get('/v1/billing/timeline').query({ external_key: key }).expect(200);
    const shown = (timeline.body.items as { source: string }[]).filter(({ source }) => source === 'BALANCE_ALERT');
    expect(shown).toEqual([
      expect.objectContaining({ event_type: 'BALANCE_RECOVERED', amount: null }),
      expect.objectContaining({
        event_type: 'LOW_BALANCE',
        payload_json: { threshold: 20, available: 20, ledger_seq: expect.any(Number) },
      }),
    ]);
    await studio.app.get(DeliverWebhooks).run();
    await studio.app.get(DeliverWebhooks).settled();
    const bodies = receiver.received.map(({ body }) => JSON.parse(body) as { type: string; data: object });
    expect(bodies.filter(({ data }) => (data as { external_key?: string }).external_key === key)).toEqual(
      expect.arrayContaining([
        {
          type: 'account.low_balance',
          timestamp: expect.any(String),
          data: expect.objectContaining({ external_key: key, threshold: '20', available: '20' }),
        },
        expect.objectContaining({ type: 'account.balance_recovered' }),
      ]),
    );
  });

  test('one run moves on those that crossed nothing as well as those that did', async () => {
    const keys = [await newAccount(50), await newAccount(50), await newAccount(5), await newAccount(5)];
    for (const key of keys) await setThresholds(key, [10, 45]);
    for (const [n, amount] of [1, 10, 2, 1].entries()) await reserve(keys[n]!, '1', amount);
    await grant(keys[3]!, 20);
    const told = await fold();
    expect(told.map(({ kind, thresholdMicro }) => [kind, Number(thresholdMicro) / 1e6]).toSorted()).toEqual([
      ['BALANCE_RECOVERED', 10],
      ['LOW_BALANCE', 45],
    ]);
    const { rows } = await studio.pool.query(
      `SELECT external_key FROM alert_positions p JOIN wallets w USING (account_id) JOIN accounts USING (account_id)
        WHERE p.folded_seq <> w.seq`,
    );
    expect(rows).toEqual([]);
  });

  test('a threshold set while the account is low tells nothing until the account recovers', async () => {
    const key = await newAccount(5);
    await setThresholds(key, ['10']);
    await reserve(key, 'a', 1);
    await fold();
    expect(await alertsOf(key)).toEqual([]);
    await grant(key, 30);
    await fold();
    expect(await alertsOf(key)).toEqual([['BALANCE_RECOVERED', 10, 34]]);
  });

  test('a threshold set later keeps what the others had not told yet', async () => {
    const key = await newAccount(100);
    await setThresholds(key, ['50']);
    await reserve(key, 'a', 60);
    await setThresholds(key, ['50', '45', '10']);
    await reserve(key, 'b', 35);
    await fold();
    expect(await alertsOf(key)).toEqual([
      ['LOW_BALANCE', 50, 40],
      ['LOW_BALANCE', 10, 5],
    ]);
  });

  test('a fold that dies half-way leaves nothing behind, and the next one tells everything once', async () => {
    const key = await newAccount(100);
    await setThresholds(key, ['50', '20']);
    await reserve(key, 'a', 90);
    // When everything else is written the fold fails, as when its connection is lost.
    await studio.pool.query(`
      CREATE FUNCTION lose_connection() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'gone' USING ERRCODE = '57P01'; END $$;
      CREATE TRIGGER lose BEFORE UPDATE ON alert_positions FOR EACH ROW EXECUTE FUNCTION lose_connection()`);
    const messages = async () =>
      (await studio.pool.query<{ count: number }>('SELECT count(*)::int AS count FROM webhook_messages')).rows[0]
        ?.count;
    const before = await messages();
    expect(await fold()).toEqual([]);
    expect([await alertsOf(key), await messages()]).toEqual([[], before]);
    await studio.pool.query('DROP FUNCTION lose_connection CASCADE');
    await fold();
    expect(await alertsOf(key)).toEqual([
      ['LOW_BALANCE', 20, 10],
      ['LOW_BALANCE', 50, 10],
    ]);
    expect(await messages()).toBe((before ?? 0) + 2);
  });

  test('an account in trouble keeps no other from being told, however they are taken together', async () => {
    const [bad, good] = [await newAccount(100), await newAccount(100)];
    for (const key of [bad, good]) {
      await setThresholds(key, ['50']);
      await reserve(key, 'a', 90);
    }
    // Another that crosses nothing: those are moved on together.
    const quiet = await newAccount(100);
    await setThresholds(quiet, ['5']);
    await reserve(quiet, 'a', 1);
    const ids = await studio.pool.query<{ account_id: string }>(
      'SELECT account_id FROM accounts WHERE external_key = ANY ($1)',
      [[bad, quiet]],
    );
    await studio.pool.query(`
      CREATE FUNCTION refuse_account() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'damaged'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON alert_positions FOR EACH ROW
        WHEN (OLD.account_id IN (${ids.rows.map((row) => `'${row.account_id}'`).join()})) EXECUTE FUNCTION refuse_account()`);
    await fold();
    expect([await alertsOf(bad), await alertsOf(good)]).toEqual([[], [['LOW_BALANCE', 50, 10]]]);
    await studio.pool.query('DROP FUNCTION refuse_account CASCADE');
    await fold();
    expect(await alertsOf(bad)).toEqual([['LOW_BALANCE', 50, 10]]);
  });

  test('two instances that fold while credits move tell each crossing once, each with one message', async () => {
    const beside = await startStudio({ database: studio.database });
    const keys = await Promise.all([newAccount(100), newAccount(100), newAccount(100)]);
    await Promise.all(keys.map((key) => setThresholds(key, ['30', '60', '90'])));
    let moving = true;
    const folding = [studio, beside, studio, beside].map(async (instance) => {
      while (moving) await fold(instance);
    });
    await Promise.all(
      keys.map(async (key, account) => {
        for (let turn = 0; turn < 15; turn += 1) {
          const refs = [1, 2, 3].map((part) => `${account}-${turn}-${part}`);
          await Promise.all(refs.map((ref, part) => reserve(key, ref, 8 + 10 * part)));
          await Promise.all(refs.map((ref) => settle(key, ref, turn % 5 === 4 ? 'consume' : 'release')));
          if (turn % 5 === 4) await grant(key, 54);
        }
      }),
    );
    moving = false;
    await Promise.all(folding);
    await fold();
    await beside.close();
    for (const key of keys) {
      const expected = await Promise.all([30, 60, 90].map((threshold) => crossingsOf(key, threshold)));
      const told = await alertsOf(key);
      expect(told.length).toBeGreaterThan(30);
      for (const [index, threshold] of [30, 60, 90].entries()) {
        expect(told.filter(([, of]) => of === threshold)).toEqual(expected[index]);
      }
    }
    const { rows } = await studio.pool.query(
      `SELECT b.alert_id FROM balance_alerts b
         LEFT JOIN webhook_messages m ON m.body::jsonb->'data'->>'alert_id' = b.alert_id::text
        GROUP BY b.alert_id HAVING count(m.message_id) <> 1`,
    );
    expect(rows).toEqual([]);
  });
});
