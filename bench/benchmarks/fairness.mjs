import { methodOf, ratio, summariesOf } from '../lib/figures.mjs';
import { sendSlice } from '../lib/measure.mjs';
import { HOT, SPREAD } from '../lib/wallets.mjs';

/** The one who must not be disturbed: few requests at even times, on one wallet. */
const CALM = { perSecond: 200, connections: 16, firstWallet: 1, wallets: 1 };
const FLOOD_CONNECTIONS = 64;
/** Who floods what meanwhile. */
const FLOODS = {
  'same-client': { token: 'main', wallets: HOT },
  'other-client': { token: 'other', wallets: HOT },
  'other-client-spread': { token: 'other', wallets: SPREAD },
};
const SITUATIONS = ['alone', ...Object.keys(FLOODS)];

/** What a flood does to somebody else's waiting: p99 with it, as a multiple of p99 without. */
export const FAIRNESS = {
  name: 'fairness',
  rows: Object.keys(FLOODS),
  async run(world, options) {
    const { rounds, seconds, say } = options;
    const studio = await world.studio();
    const calm = Object.fromEntries(SITUATIONS.map((situation) => [situation, []]));
    const floods = Object.fromEntries(Object.keys(FLOODS).map((name) => [`flood of ${name}`, []]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const situation of round % 2 === 0 ? SITUATIONS : SITUATIONS.toReversed()) {
        say(`fairness, ${situation}, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`);
        const [slice, flood] = await runSituation(world, studio, situation, { round, seconds });
        if (round === 0) continue;
        calm[situation].push(slice);
        if (flood) floods[`flood of ${situation}`].push(flood);
      }
      if (round === 0) await world.renewStatistics();
    }
    const method = methodOf(
      `p99 of ${CALM.perSecond} reserves per second on one wallet beside a flood of ${FLOOD_CONNECTIONS} connections on ` +
        'one other, or on 10,000, to p99 alone',
      options,
    );
    return {
      contestants: summariesOf({ ...calm, ...floods }),
      rows: Object.keys(FLOODS).map((name) => ratio(name, [calm[name], calm.alone], method, { atMost: 2 }, 'p99Ms')),
    };
  },
};

async function runSituation(world, studio, situation, { round, seconds }) {
  const prefix = `fairness-${situation}-${round}`;
  const flood = FLOODS[situation];
  return Promise.all([
    sendSlice(world.loads[0], studio, { ...CALM, seconds, prefix: `${prefix}-calm` }),
    flood &&
      sendSlice(
        world.loads[1],
        { ...studio, token: studio.stand.tokens[flood.token] },
        { ...flood.wallets, connections: FLOOD_CONNECTIONS, seconds, prefix: `${prefix}-flood` },
      ),
  ]);
}
