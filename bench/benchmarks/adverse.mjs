import { methodOf, ratio, summariesOf } from '../lib/figures.mjs';
import { interleave } from '../lib/interleave.mjs';
import { enrolWallets, SHORT, SPREAD } from '../lib/wallets.mjs';

const WITH_LOTS = { firstWallet: 20_001, wallets: 10_000 };
const LOTS = 20;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What keeps commands off the shortest path, beside reserves that take it. */
export const ADVERSE = {
  name: 'adverse',
  rows: ['half-refused', 'repeats', 'lots-and-ends'],
  async run(world, options) {
    const studio = await world.studio();
    options.say('enrolling wallets with lots');
    const endsAt = new Date(Date.now() + 3 * DAY_MS);
    await enrolWallets(studio.stand.database, WITH_LOTS, { lots: LOTS, endsAt });
    const contestant = (name, load) => ({ name, services: [studio], load });
    const slices = await interleave(
      world,
      [
        contestant('plain', SPREAD),
        contestant('half-refused', { ...SHORT, unaffordableShare: 0.5 }),
        contestant('repeats', { ...SPREAD, repeatedShare: 0.3 }),
        // Holds of a minute: the sweeper of one round ends those of the rounds before.
        contestant('lots-and-ends', { ...WITH_LOTS, minutes: 1 }),
      ],
      options,
    );
    const row = (name, what, atLeast) =>
      ratio(
        name,
        [slices[name], slices.plain],
        methodOf(`${what}, to plain reserves on 10,000 wallets; 64 connections`, options),
        { atLeast },
      );
    return {
      contestants: summariesOf(slices),
      rows: [
        row('half-refused', 'one wallet, half of all reserves refused for want of credits', 0.5),
        row('repeats', '10,000 wallets, 30 % of the requests repeat an earlier one', 0.7),
        row('lots-and-ends', `10,000 wallets of ${LOTS} lots that end in days, holds of one minute, sweeper on`, 0.7),
      ],
    };
  },
};
