import { importBuilt } from '../lib/checkout.mjs';
import { figure, methodOf, ratio, summaryOf } from '../lib/figures.mjs';
import { measureSlice } from '../lib/measure.mjs';
import { spreadOf } from '../lib/spread-of.mjs';
import { SPREAD } from '../lib/wallets.mjs';

/** A reserve on an idle service beside the same SQL call from a bare connection. */
export const LONE = {
  name: 'lone',
  rows: ['reserve', 'reserve-to-call'],
  async run(world, options) {
    const { rounds, seconds, say } = options;
    const studio = await world.studio();
    const [own, bare] = [[], []];
    for (let round = 0; round <= rounds; round += 1) {
      say(`lone reserve, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`);
      const load = { ...SPREAD, connections: 1, seconds };
      const slice = await measureSlice(world, { name: 'lone', services: [studio], load, prefix: `lone-${round}` });
      const call = await callBare(studio.stand, { round, seconds });
      if (round > 0) {
        own.push(slice);
        bare.push(call);
      }
      if (round === 0) await world.renewStatistics();
    }
    const method = methodOf('median time of one request at a time, on one connection, 10,000 wallets', options);
    return {
      contestants: [summaryOf('reserve', own), summaryOf('bare call', bare)],
      rows: [
        figure('reserve', spreadOf(own.map(({ p50Ms }) => p50Ms)).median, 'ms', method),
        ratio('reserve-to-call', [own, bare], `to one call of apply_credit_batch; ${method}`, { atMost: 3 }, 'p50Ms'),
      ],
    };
  },
};

/** Calls the ledger's function as Studio does, with one reserve each, one after the other. */
async function callBare(stand, { round, seconds }) {
  const { CreditBatch } = await importBuilt('apps/studio/dist/modules/ledger/credit-batch.js');
  const { accountIdOf } = await importBuilt('apps/studio/dist/modules/accounts/account-id.js');
  const times = [];
  const endsAt = performance.now() + seconds * 1000;
  for (let number = 1; performance.now() < endsAt; number += 1) {
    const wallet = SPREAD.firstWallet + Math.floor(Math.random() * SPREAD.wallets);
    const name = `bare-${round}-${number}`;
    const query = new CreditBatch([
      {
        ...{ operation: 'reserve', accountId: accountIdOf(`v1:partner:${wallet}`), client: 'benchmark' },
        ...{ idempotencyKey: `reserve:${name}`, amount: 1_000_000n, refType: 'benchmark', refId: name },
        expiresInMinutes: 1440,
      },
    ]).query();
    const sentAt = performance.now();
    await stand.database.query(query);
    times.push(performance.now() - sentAt);
  }
  stand.acknowledged.reserves += times.length;
  times.sort((left, right) => left - right);
  const at = (share) => times[Math.floor(share * (times.length - 1))];
  return { perSecond: times.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}
