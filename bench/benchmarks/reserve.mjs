import { figure, medianOf, methodOf, ratio, summariesOf } from '../lib/figures.mjs';
import { interleave } from '../lib/interleave.mjs';
import { HOT, SPREAD } from '../lib/wallets.mjs';

/** Durable reserves over HTTP beside a constant answer and beside the usual ways to write one, 64 connections. */
export const RESERVE = {
  name: 'reserve',
  rows: [
    ...['spread', 'hot', 'spread-to-constant', 'service-beyond-constant', 'database'],
    ...['spread-to-function-call', 'hot-to-function-call', 'spread-to-four-statements', 'hot-to-four-statements'],
    'hot-to-spread',
  ],
  async run(world, options) {
    const references = ['function-call', 'four-statements'];
    const contestants = [
      { name: 'spread', services: [await world.studio()], load: SPREAD },
      { name: 'hot', services: [await world.studio()], load: HOT },
      { name: 'constant', services: [await world.constantApp()], load: SPREAD },
    ];
    for (const name of references) {
      const services = [await world.reference(name)];
      contestants.push(
        { name: `${name} spread`, services, load: SPREAD },
        { name: `${name} hot`, services, load: HOT },
      );
    }
    const slices = await interleave(world, contestants, options);
    const { spread, hot, constant } = slices;
    const method = methodOf('64 connections, 10,000 wallets or one, unique keys', options);
    const rate = (own) => medianOf(own, 'perSecond');
    const micros = (own, field) => medianOf(own, field) ?? Number.NaN;
    return {
      contestants: summariesOf(slices),
      rows: [
        figure('spread', rate(spread), 'reserves per second', method),
        figure('hot', rate(hot), 'reserves per second', method),
        ratio('spread-to-constant', [spread, constant], method, { atLeast: 0.5 }),
        figure(
          'service-beyond-constant',
          micros(spread, 'serviceMicros') - micros(constant, 'serviceMicros'),
          'CPU us per reserve',
          `Studio's process beyond the constant app's; ${method}`,
          { atMost: 40 },
        ),
        figure('database', micros(spread, 'databaseMicros'), 'CPU us per reserve', method, { atMost: 60 }),
        ...[
          ['spread-to-function-call', spread, 3],
          ['hot-to-function-call', hot, 8],
          ['spread-to-four-statements', spread, 5],
          ['hot-to-four-statements', hot, 15],
        ].map(([name, own, atLeast]) => {
          const reference = slices[name.replace(/^(spread|hot)-to-(.*)$/, '$2 $1')];
          return ratio(name, [own, reference], `same HTTP, pool of 10, on the same wallets; ${method}`, { atLeast });
        }),
        ratio('hot-to-spread', [hot, spread], method, { atLeast: 1 }),
      ],
    };
  },
};

/** The same with 256 connections. */
export const RESERVE_256 = {
  name: 'reserve-256',
  rows: ['spread', 'hot', 'spread-to-constant', 'hot-to-spread'],
  async run(world, options) {
    const studio = await world.studio();
    const slices = await interleave(
      world,
      [
        { name: 'spread', services: [studio], load: { ...SPREAD, connections: 256 } },
        { name: 'hot', services: [studio], load: { ...HOT, connections: 256 } },
        { name: 'constant', services: [await world.constantApp()], load: { ...SPREAD, connections: 256 } },
      ],
      options,
    );
    const { spread, hot, constant } = slices;
    const method = methodOf('256 connections, 10,000 wallets or one, unique keys', options);
    return {
      contestants: summariesOf(slices),
      rows: [
        figure('spread', medianOf(spread, 'perSecond'), 'reserves per second', method),
        figure('hot', medianOf(hot, 'perSecond'), 'reserves per second', method),
        ratio('spread-to-constant', [spread, constant], method, { atLeast: 0.5 }),
        ratio('hot-to-spread', [hot, spread], method, { atLeast: 1 }),
      ],
    };
  },
};
