// Benchmarks that print ratios. `corepack pnpm bench --help` says how; docs/performance.md says what the figures mean.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ADVERSE } from './benchmarks/adverse.mjs';
import { ARRAYS } from './benchmarks/arrays.mjs';
import { BYTES } from './benchmarks/bytes.mjs';
import { FAIRNESS } from './benchmarks/fairness.mjs';
import { LATENCY } from './benchmarks/latency.mjs';
import { LEDGER_SIZE } from './benchmarks/ledger-size.mjs';
import { LONE } from './benchmarks/lone.mjs';
import { MEMORY } from './benchmarks/memory.mjs';
import { REPLICAS } from './benchmarks/replicas.mjs';
import { RESERVE, RESERVE_256 } from './benchmarks/reserve.mjs';
import { endProgress, printTables, say } from './lib/report.mjs';
import { checkBooks } from './lib/soundness.mjs';
import { World } from './lib/world.mjs';

const BENCHMARKS = [
  RESERVE,
  RESERVE_256,
  ADVERSE,
  REPLICAS,
  ARRAYS,
  LATENCY,
  LONE,
  BYTES,
  FAIRNESS,
  LEDGER_SIZE,
  MEMORY,
];
const USAGE = `corepack pnpm bench [name ...] [options]

Names:
${BENCHMARKS.map(({ name, isLong, rows }) => `  ${name}${isLong ? ' (long)' : ''}: ${rows.join(', ')}`).join('\n')}
All that are not long when none is given. <name>/<figure> gives that figure alone.
  --json             print an array of {name, value, unit, target, ok, method} and nothing else
  --long             the long ones as well, which take minutes each
  --seconds <n>      length of one slice (3)
  --rounds <n>       rounds that count, after one to warm up (5)
  --postgres <folder> programs (initdb, postgres) of another PostgreSQL than the embedded one
  --profile <folder> write a CPU profile of Studio there; the rates are then too low
The exit code is 0 unless something broke: an answer that is not the wanted one, or books that do not balance. A target
that is not reached is reported and breaks nothing.`;

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    postgres: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const names = BENCHMARKS.flatMap(({ name, rows }) => [name, ...rows.map((row) => `${name}/${row}`)]);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) fail(`There is no benchmark ${unknown.join(', ')}.\n\n${USAGE}`, 2);
const options = { seconds: positive('seconds'), rounds: positive('rounds'), say };
const isWanted = (name) =>
  positionals.length === 0 || positionals.some((wanted) => name === wanted || name.startsWith(`${wanted}/`));
const selected = BENCHMARKS.filter(({ name, rows, isLong }) =>
  positionals.length === 0 ? values.long || !isLong : rows.some((row) => isWanted(`${name}/${row}`)),
);

const world = new World();
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
  await world.start({
    say,
    profileDir: values.profile && resolve(values.profile),
    postgresPrograms: values.postgres && resolve(values.postgres),
  });
  const all = [];
  let sound = 0;
  for (const { name, run } of selected) {
    const { contestants, rows } = await run(world, options);
    say('comparing the books');
    sound = await checkBooks(world.stands);
    const wanted = rows
      .map((row) => ({ ...row, name: `${name}/${row.name}` }))
      .filter((row) => positionals.length === 0 || isWanted(row.name));
    all.push(...wanted);
    endProgress();
    if (!values.json) printTables(contestants, wanted);
  }
  if (!values.json) {
    console.log(
      `Books checked: ${sound} reserves and events acknowledged, each with its rows; every wallet is their sum.`,
    );
  }
  return all;
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
