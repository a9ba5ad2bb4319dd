// Benchmarks that print ratios. `corepack pnpm bench --help` says how; docs/performance.md says what the figures mean.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FAIRNESS_BENCHMARK, runFairnessBenchmark } from './lib/fairness-benchmark.mjs';
import { endProgress, printTables, say } from './lib/report.mjs';
import { RESERVE_BENCHMARKS, runReserveBenchmark } from './lib/reserve-benchmarks.mjs';
import { checkBooks } from './lib/soundness.mjs';
import { World } from './lib/world.mjs';

const world = new World();
const BENCHMARKS = [
  ...RESERVE_BENCHMARKS.map((benchmark) => ({ ...benchmark, run: runReserveBenchmark.bind(null, world, benchmark) })),
  { ...FAIRNESS_BENCHMARK, run: runFairnessBenchmark.bind(null, world) },
];
const NAMES = BENCHMARKS.flatMap(({ name, targets }) => [
  name,
  ...Object.keys(targets).map((reference) => `${name}/${reference}`),
]);
const USAGE = `corepack pnpm bench [name ...] [options]

Names: ${NAMES.join(', ')}.
All of them when none is given. A name with a reference behind the slash gives that ratio alone.
  --json             print an array of {name, value, unit, target, ok, method} and nothing else
  --seconds <n>      length of one slice (3)
  --rounds <n>       rounds that count, after one to warm up (5)
  --connections <n>  requests in flight (64)
  --profile <folder> write a CPU profile of Studio there; the rates are then too low
The exit code is 0 unless something broke: an answer that is not 2xx, or books that do not balance. A target that is
not reached is reported and breaks nothing.`;

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const unknown = positionals.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) fail(`There is no benchmark ${unknown.join(', ')}.\n\n${USAGE}`, 2);
const options = {
  seconds: positive('seconds'),
  rounds: positive('rounds'),
  connections: positive('connections'),
  say,
};
const isWanted = (name) =>
  positionals.length === 0 || positionals.some((wanted) => name === wanted || name.startsWith(`${wanted}/`));
const selected = BENCHMARKS.filter(
  ({ name }) => isWanted(name) || positionals.some((wanted) => wanted.startsWith(`${name}/`)),
);

let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    isInterrupted = true;
    void world.stop().finally(() => process.exit(130));
  });
}
try {
  const rows = await runAll();
  if (values.json) console.log(JSON.stringify(rows, null, 2));
} catch (error) {
  process.exitCode = 1;
  endProgress();
  // After an interrupt, failures only say that what was running has been stopped.
  if (!isInterrupted) console.error(error);
} finally {
  say('stopping');
  await world.stop();
  endProgress();
}

async function runAll() {
  await world.start({ say, profileDir: values.profile && resolve(values.profile) });
  const rows = [];
  // The services were asked once before anything was measured: Studio's first answer is the constant app's constant.
  const acknowledged = { studio: 1, fourStatements: 0 };
  for (const benchmark of selected) {
    const outcome = await benchmark.run(options);
    acknowledged.studio += outcome.acknowledged.studio;
    acknowledged.fourStatements += outcome.acknowledged.fourStatements;
    say('comparing the books');
    await checkBooks(world, acknowledged);
    const wanted = outcome.rows.filter(({ name }) => isWanted(name));
    rows.push(...wanted);
    endProgress();
    if (!values.json) printTables(outcome.contestants, wanted);
  }
  if (!values.json) {
    console.log(
      `Books checked: ${acknowledged.studio + acknowledged.fourStatements} reserves acknowledged, each with its ledger row and its hold; every wallet is the sum of its rows.`,
    );
  }
  return rows;
}

function positive(name) {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number > 0) return number;
  return fail(`--${name} must be a whole number above 0.\n\n${USAGE}`, 2);
}

function fail(text, exitCode) {
  console.error(text);
  process.exit(exitCode);
}
