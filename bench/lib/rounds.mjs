import { cpuOfPostgres, cpuOfProcess } from './cpu-time.mjs';

/** Smallest, middle and largest of some figures. */
export function spreadOf(figures) {
  const sorted = figures.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const median = sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], median, max: sorted.at(-1) };
}

/**
 * Runs the contestants in turn, round after round (every other round backwards), so that a machine that gets slower or
 * busier does so for all of them. Each begins with a warm-up that is not counted.
 *
 * @param contestants `{ name, service, wallets, firstWallet }`, in any number
 * @returns per contestant its slices in the order of the rounds; `acknowledged` includes the warm-up
 */
export async function interleave(world, contestants, { rounds, seconds, connections, say }) {
  const results = new Map(contestants.map(({ name }) => [name, { slices: [], acknowledged: 0 }]));
  const run = async (contestant, round) => {
    say(`${contestant.name}, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`);
    const slice = await measureSlice(world, contestant, round, { seconds, connections });
    const result = results.get(contestant.name);
    result.acknowledged += slice.acknowledged;
    if (round > 0) result.slices.push(slice);
  };
  // Every contestant begins at the same distance from the next checkpoint.
  await world.admin.query('CHECKPOINT');
  for (let round = 0; round <= rounds; round += 1) {
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) await run(contestant, round);
    if (round === 0) await world.renewStatistics();
  }
  return results;
}

async function measureSlice(world, contestant, round, { seconds, connections }) {
  const { service, name } = contestant;
  const before = cpuNow(world, service);
  const slice = await world.load.run({
    url: `${service.url}/v1/billing/credits/reserve`,
    token: world.token,
    prefix: `${name}-${round}`,
    ...{ seconds, connections, firstWallet: contestant.firstWallet, wallets: contestant.wallets },
  });
  const after = cpuNow(world, service);
  if (slice.sent !== slice.acknowledged) {
    throw new Error(
      `${name}: ${slice.sent - slice.acknowledged} of ${slice.sent} requests broke, ${JSON.stringify(slice.broken)}; first: ${slice.firstBroken}`,
    );
  }
  const perOperation = (from, to) => (from === undefined ? undefined : (to - from) / slice.acknowledged);
  return {
    ...slice,
    serviceMicros: perOperation(before.service, after.service),
    databaseMicros: perOperation(before.database, after.database),
    clientMicros: slice.clientCpuMicros / slice.acknowledged,
  };
}

function cpuNow(world, service) {
  return { service: cpuOfProcess(service.pid), database: cpuOfPostgres(world.postgres.pid) };
}
