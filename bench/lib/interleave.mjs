import { measureSlice } from './measure.mjs';

/** Until then the compiler is still at work on the code of a busy service, which the smaller references have behind them. */
const WARM_UP_SECONDS = 6;

/**
 * Runs the contestants in turn, round after round (every other round backwards), so that a machine that gets slower or
 * busier does so for all of them. Each begins with a warm-up that is not counted.
 *
 * @param contestants `{ name, services, load }` as `measureSlice` takes them, in any number
 * @param options.checkpoints a checkpoint within the measured time, twice
 * @returns per contestant its slices in the order of the rounds
 */
export async function interleave(world, contestants, { rounds, seconds, say, checkpoints = false }) {
  const slices = Object.fromEntries(contestants.map(({ name }) => [name, []]));
  const run = async (contestant, round) => {
    say(`${contestant.name}, ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}`);
    const length = round === 0 ? Math.max(seconds, WARM_UP_SECONDS) : seconds;
    const load = { seconds: length, connections: 64, ...contestant.load };
    const slice = await measureSlice(world, { ...contestant, load, prefix: prefixOf(contestant, round) });
    if (round > 0) slices[contestant.name].push(slice);
  };
  // Every contestant begins at the same distance from the next checkpoint.
  await world.admin.query('CHECKPOINT');
  for (let round = 0; round <= rounds; round += 1) {
    const inTurn = round % 2 === 0 ? contestants : contestants.toReversed();
    const checkpoint = checkpoints && (round === 1 || round === Math.ceil(rounds / 2) + 1);
    const checkpointed = checkpoint ? world.admin.query('CHECKPOINT') : undefined;
    for (const contestant of inTurn) await run(contestant, round);
    await checkpointed;
    if (round === 0) await world.renewStatistics();
  }
  return slices;
}

let runs = 0;

/** Keys must never repeat, also when two benchmarks have contestants of one name. */
function prefixOf({ name }, round) {
  return `${name.replace(/[^a-z0-9]+/g, '-')}-${round}-${(runs += 1)}`;
}
