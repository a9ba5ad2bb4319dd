import { figure, medianOf, methodOf, summariesOf } from '../lib/figures.mjs';
import { interleave } from '../lib/interleave.mjs';
import { SPREAD } from '../lib/wallets.mjs';

const ITEMS = 100;
/** As many commands at once as one client may have waiting, and a little less. */
const CONNECTIONS = 16;

/** Requests of a hundred items: credit commands, and facts for the inbox. */
export const ARRAYS = {
  name: 'arrays',
  rows: ['commands', 'events'],
  async run(world, options) {
    const services = [await world.studio()];
    const load = { ...SPREAD, items: ITEMS, connections: CONNECTIONS };
    const slices = await interleave(
      world,
      [
        { name: 'commands', services, load: { ...load, request: 'command-array' } },
        { name: 'events', services, load: { ...load, request: 'event-array' } },
      ],
      options,
    );
    const method = methodOf(`${ITEMS} per request, ${CONNECTIONS} connections, 10,000 accounts`, options);
    const row = (name, unit, atLeast) => figure(name, medianOf(slices[name], 'perSecond'), unit, method, { atLeast });
    return {
      contestants: summariesOf(slices),
      rows: [row('commands', 'reserves per second', 15_000), row('events', 'events per second', 10_000)],
    };
  },
};
