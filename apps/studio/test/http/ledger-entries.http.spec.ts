import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Agent } from 'supertest';
import { startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
let v1: Agent;
let operator: Agent;
const KEY = 'v1:partner:1';

beforeAll(async () => {
  studio = await startStudio();
  v1 = studio.as(await studio.serviceToken());
  operator = studio.as(await studio.operator());
  const account = { external_key: KEY, display_name: KEY, billing_mode: 'CREDIT', reason: 'test' };
  await operator.post('/v1/operator/accounts').send(account).expect(201);
});
afterAll(() => studio.close());

interface Sums {
  total_credits_added: string;
  total_credits_used: string;
  net_outstanding: string;
}

/** The runbook's credit balance validation, word for word. */
async function lastDay(): Promise<Sums> {
  const { rows } = await studio.pool.query<Sums & Record<string, unknown>>(`
    SELECT
        SUM(CASE WHEN kind = 'credit' THEN amount_credits ELSE 0 END) as total_credits_added,
        SUM(CASE WHEN kind = 'debit' THEN amount_credits ELSE 0 END) as total_credits_used,
        (SUM(CASE WHEN kind = 'credit' THEN amount_credits ELSE 0 END) -
         SUM(CASE WHEN kind = 'debit' THEN amount_credits ELSE 0 END)) as net_outstanding
    FROM ledger_entries
    WHERE created_at >= NOW() - INTERVAL '24 hours'`);
  return rows[0]!;
}

async function sums(): Promise<Record<'added' | 'used' | 'net', number>> {
  const { total_credits_added, total_credits_used, net_outstanding } = await lastDay();
  return { added: Number(total_credits_added), used: Number(total_credits_used), net: Number(net_outstanding) };
}

function send(command: string, ref: number, more: object = {}) {
  const body = { external_key: KEY, ref_type: 'commission_request', ref_id: String(ref) };
  return v1
    .post(`/v1/billing/credits/${command}`)
    .send({ ...body, idempotency_key: `${command}:${ref}`, ...more })
    .expect(201);
}

function grant(amount: string, key: string) {
  return operator
    .post(`/v1/operator/accounts/${KEY}/grants`)
    .send({ amount, reason: 'top-up', idempotency_key: key })
    .expect(201);
}

test('the sums of 24 hours are what was granted and what was consumed; their net is the wallet', async () => {
  await grant('100', 'first');
  await grant('0.5', 'second');
  await send('reserve', 1, { amount: 10 });
  await send('consume', 1, { amount: '7.25' });
  expect(await sums()).toEqual({ added: 100.5, used: 7.25, net: 93.25 });
  const { body } = await v1.get('/v1/billing/accounts/status').query({ external_key: KEY }).expect(200);
  expect(body).toMatchObject({ credit: { wallet: 93.25 } });
});

test('holds and their releases never count as credit or debit', async () => {
  const before = await sums();
  await send('reserve', 2, { amount: 30 });
  expect(await sums()).toEqual(before);
  await send('release', 2);
  await send('reserve', 3, { amount: 5 });
  expect(await sums()).toEqual(before);
  const { rows } = await studio.pool.query<{ kind: string }>(
    `SELECT DISTINCT kind FROM ledger_entries
      WHERE idempotency_key LIKE 'reserve:%' OR idempotency_key LIKE 'release:%' ORDER BY kind`,
  );
  expect(rows).toEqual([{ kind: 'release' }, { kind: 'reserve' }]);
});

test('amounts are positive whatever the kind: the kind gives the sign', async () => {
  const { rows } = await studio.pool.query<{ kind: string; positive: boolean }>(
    `SELECT kind, bool_and(amount_credits > 0) AS positive FROM ledger_entries GROUP BY kind ORDER BY kind`,
  );
  expect(rows).toEqual([
    { kind: 'credit', positive: true },
    { kind: 'debit', positive: true },
    { kind: 'release', positive: true },
    { kind: 'reserve', positive: true },
  ]);
});
