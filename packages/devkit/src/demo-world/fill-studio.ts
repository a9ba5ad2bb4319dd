import type { ServiceClient } from '../demo/service-client.ts';
import { HttpRefusal } from '../demo/service-client.ts';
import { PARTIES, type StudioAccount } from './cast.ts';
import type { KnownParty } from './fill-v1.ts';

const REASON = 'Demo world';

/** Enrols the accounts of the world and fills their wallets. Repeats change nothing. */
export async function ensureAccounts(studio: ServiceClient, parties: Map<string, KnownParty>): Promise<void> {
  for (const { name, studio: account } of PARTIES) {
    const key = parties.get(name)?.external_key;
    if (account === undefined || key === undefined) continue;
    await enrol(studio, { key, name, account });
  }
}

async function enrol(
  studio: ServiceClient,
  { key, name, account }: { key: string; name: string; account: StudioAccount },
): Promise<void> {
  const path = `/v1/operator/accounts/${key}`;
  try {
    await studio.post('/v1/operator/accounts', {
      external_key: key,
      display_name: name,
      currency: 'INR',
      reason: REASON,
    });
  } catch (error) {
    if (!(error instanceof HttpRefusal) || error.code !== 'already_exists') throw error;
  }
  if (account.credits !== undefined) {
    const grant = { amount: account.credits, reason: 'Opening credits' };
    await studio.post(`${path}/grants`, grant, { 'idempotency-key': `demo-world:opening:${key}` });
  }
  // The wallet is filled first: an empty one may not be switched to CREDIT without force.
  await studio.post(`${path}/mode`, { billing_mode: account.mode, reason: REASON });
  if (account.suspended === true) await studio.post(`${path}/suspend`, { reason: 'Papers under review' });
}

/** Key and mode of every account people enrolled, for stack.json. */
export async function enrolledAccounts(
  studio: ServiceClient,
): Promise<{ external_key: string; billing_mode: string }[]> {
  const { items } = await studio.get<{ items: { external_key: string; billing_mode: string }[] }>(
    '/v1/operator/accounts?limit=100&sort=external_key',
  );
  return items.map(({ external_key, billing_mode }) => ({ external_key, billing_mode }));
}
