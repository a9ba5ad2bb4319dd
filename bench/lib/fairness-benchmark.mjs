import { spreadOf } from './rounds.mjs';
import { HOT_WALLET } from './wallets.mjs';

/** What a flood does to somebody else's waiting: p99 with it, as a multiple of p99 without. */
export const FAIRNESS_BENCHMARK = {
  name: 'fairness',
  targets: { 'same-client': 2, 'other-client': 2 },
};

/** The one who must not be disturbed: few requests at even times, on one wallet. */
const CALM = { perSecond: 200, connections: 16, firstWallet: 1, wallets: 1 };
/** As many at once as `--connections` says, on one other wallet. */
const FLOOD = { firstWallet: HOT_WALLET, wallets: 1 };
const SITUATIONS = ['alone', 'same-client', 'other-client'];

/** Runs the calm load alone and beside each flood, in turns. Same shape of answer as `runReserveBenchmark`. */
export async function runFairnessBenchmark(world, options) {
  const { rounds, seconds, connections, say } = options;
  const slices = new Map(SITUATIONS.map((situation) => [situation, []]));
  let acknowledged = 0;
  for (let round = 0; round <= rounds; round += 1) {
    for (const situation of round % 2 === 0 ? SITUATIONS : SITUATIONS.toReversed()) {
      say(`fairness, ${situation}, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`);
      const { calm, flood } = await runSituation(world, situation, { round, seconds, connections });
      acknowledged += calm.acknowledged + (flood?.acknowledged ?? 0);
      if (round > 0) slices.get(situation).push({ calm, flood });
    }
    if (round === 0) await world.renewStatistics();
  }
  const method =
    `p99 of ${CALM.perSecond} reserves per second on one wallet beside a flood of ${connections} connections on one other ` +
    `wallet, to p99 alone; median over ${rounds} interleaved rounds of ${seconds} s`;
  return {
    contestants: SITUATIONS.map((situation) => ({
      name: `fairness, ${situation}`,
      ...summaryOf(slices.get(situation)),
    })),
    rows: Object.entries(FAIRNESS_BENCHMARK.targets).map(([situation, target]) => {
      const alone = slices.get('alone');
      const ratios = slices.get(situation).map(({ calm }, round) => calm.p99Ms / alone[round].calm.p99Ms);
      const value = Number(spreadOf(ratios).median.toFixed(2));
      return { name: `fairness/${situation}`, value, unit: 'ratio', target, ok: value <= target, method };
    }),
    acknowledged: { studio: acknowledged, fourStatements: 0 },
  };
}

async function runSituation(world, situation, { round, seconds, connections }) {
  const url = `${world.studio.url}/v1/billing/credits/reserve`;
  const prefix = `fairness-${situation}-${round}`;
  const calm = world.load.run({ ...CALM, url, seconds, token: world.token, prefix: `${prefix}-calm` });
  const token = situation === 'same-client' ? world.token : world.otherToken;
  const flood =
    situation !== 'alone' &&
    world.otherLoad.run({ ...FLOOD, url, seconds, connections, token, prefix: `${prefix}-flood` });
  const done = { calm: await calm, ...(flood && { flood: await flood }) };
  for (const { sent, acknowledged, broken, firstBroken } of Object.values(done)) {
    if (sent === acknowledged) continue;
    throw new Error(
      `${prefix}: ${sent - acknowledged} of ${sent} requests broke, ${JSON.stringify(broken)}; ${firstBroken}`,
    );
  }
  return done;
}

/** The calm load's times; the rate is that of the flood beside it. */
function summaryOf(slices) {
  const median = (read) => spreadOf(slices.map(read)).median;
  return {
    perSecond: spreadOf(slices.map(({ calm, flood }) => (flood ?? calm).perSecond)),
    p50Ms: median(({ calm }) => calm.p50Ms),
    p99Ms: median(({ calm }) => calm.p99Ms),
  };
}
