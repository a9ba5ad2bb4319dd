import { methodOf, ratio, summariesOf } from '../lib/figures.mjs';
import { sendSlice } from '../lib/measure.mjs';
import { HOT } from '../lib/wallets.mjs';

/** The one who must not be disturbed: few requests at even times, on one wallet. */
const CALM = { perSecond: 200, connections: 16, firstWallet: 1, wallets: 1 };
const FLOOD = { ...HOT, connections: 64 };
const SITUATIONS = ['alone', 'same-client', 'other-client'];

/** What a flood does to somebody else's waiting: p99 with it, as a multiple of p99 without. */
export const FAIRNESS = {
  name: 'fairness',
  rows: ['same-client', 'other-client'],
  async run(world, options) {
    const { rounds, seconds, say } = options;
    const studio = await world.studio();
    const slices = Object.fromEntries(SITUATIONS.map((situation) => [situation, []]));
    const floods = { 'flood of the same client': [], 'flood of the other client': [] };
    for (let round = 0; round <= rounds; round += 1) {
      for (const situation of round % 2 === 0 ? SITUATIONS : SITUATIONS.toReversed()) {
        say(`fairness, ${situation}, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`);
        const [calm, flood] = await runSituation(world, studio, situation, { round, seconds });
        if (round === 0) continue;
        slices[situation].push(calm);
        if (flood) floods[`flood of the ${situation.replace('-', ' ')}`].push(flood);
      }
      if (round === 0) await world.renewStatistics();
    }
    const method = methodOf(
      `p99 of ${CALM.perSecond} reserves per second on one wallet beside a flood of ${FLOOD.connections} connections on ` +
        'another, to p99 alone',
      options,
    );
    return {
      contestants: summariesOf({ ...slices, ...floods }),
      rows: ['same-client', 'other-client'].map((name) =>
        ratio(name, [slices[name], slices.alone], method, { atMost: 2 }, 'p99Ms'),
      ),
    };
  },
};

async function runSituation(world, studio, situation, { round, seconds }) {
  const prefix = `fairness-${situation}-${round}`;
  const { main, other } = studio.stand.tokens;
  const flooding = { ...studio, token: situation === 'other-client' ? other : main };
  return Promise.all([
    sendSlice(world.loads[0], studio, { ...CALM, seconds, prefix: `${prefix}-calm` }),
    situation !== 'alone' && sendSlice(world.loads[1], flooding, { ...FLOOD, seconds, prefix: `${prefix}-flood` }),
  ]);
}
