import { interleave, spreadOf } from './rounds.mjs';
import { HOT_WALLET, SPREAD_WALLETS } from './wallets.mjs';

/** Durable reserves over HTTP. A target is a ratio; null where none is set. */
export const RESERVE_BENCHMARKS = [
  {
    name: 'reserve-spread',
    load: { firstWallet: 1, wallets: SPREAD_WALLETS },
    spread: `${SPREAD_WALLETS} wallets`,
    targets: { constant: 0.5, 'four-statements': 5 },
  },
  {
    name: 'reserve-hot',
    load: { firstWallet: HOT_WALLET, wallets: 1 },
    spread: 'one wallet',
    targets: { constant: null, 'four-statements': 15 },
  },
];

/**
 * Runs one benchmark.
 * @returns `rows` for the JSON output, `contestants` with their figures for the table, and the acknowledged reserves
 */
export async function runReserveBenchmark(world, benchmark, options) {
  const contestants = [
    { name: benchmark.name, service: world.studio },
    { name: `${benchmark.name}/constant`, service: world.constantApp },
    { name: `${benchmark.name}/four-statements`, service: world.fourStatements },
  ].map((contestant) => ({ ...contestant, ...benchmark.load }));
  const results = await interleave(world, contestants, options);
  const own = results.get(benchmark.name);
  const method = methodOf(benchmark, options);
  const rate = spreadOf(own.slices.map(({ perSecond }) => perSecond)).median;
  return {
    contestants: contestants.map(({ name }) => ({ name, ...summaryOf(results.get(name).slices) })),
    rows: [
      { name: benchmark.name, value: Math.round(rate), unit: 'reserves per second', target: null, ok: true, method },
      ...Object.entries(benchmark.targets).map(([reference, target]) => {
        const theirs = results.get(`${benchmark.name}/${reference}`).slices;
        const ratios = spreadOf(own.slices.map(({ perSecond }, round) => perSecond / theirs[round].perSecond));
        const value = Number(ratios.median.toFixed(3));
        const range = `rounds from ${ratios.min.toFixed(3)} to ${ratios.max.toFixed(3)}`;
        return {
          ...{ name: `${benchmark.name}/${reference}`, value, unit: 'ratio', target },
          ok: target === null || value >= target,
          method: `median over rounds of Studio's rate to that of ${REFERENCES[reference]}, ${range}; ${method}`,
        };
      }),
    ],
    acknowledged: {
      studio: own.acknowledged,
      fourStatements: results.get(`${benchmark.name}/four-statements`).acknowledged,
    },
  };
}

const REFERENCES = {
  constant: 'a bare Nest-on-Fastify app that answers a constant',
  'four-statements': 'a four-statement transaction per reserve, same HTTP, pool 10',
};

function methodOf({ spread }, { rounds, seconds, connections }) {
  return (
    `${connections} connections, ${spread}, unique keys; ${rounds} interleaved rounds of ${seconds} s after a warm-up; ` +
    'fsync, full_page_writes and synchronous_commit on; client, service and database on one machine'
  );
}

function summaryOf(slices) {
  const spread = (field) => spreadOf(slices.map((slice) => slice[field]));
  const median = (field) => (slices[0][field] === undefined ? undefined : spread(field).median);
  return {
    perSecond: spread('perSecond'),
    p50Ms: median('p50Ms'),
    p99Ms: median('p99Ms'),
    serviceMicros: median('serviceMicros'),
    databaseMicros: median('databaseMicros'),
    clientMicros: median('clientMicros'),
  };
}
