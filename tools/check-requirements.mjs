// Holds docs/requirements.md to the truth: every ID once, every path there, every quoted test title written somewhere in
// the test file it names. What a test proves, only a reader can say.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run-step.mjs';

const DOCUMENT = 'docs/requirements.md';

/** Every ID there is: the letters, then its numbers. */
const RANGES = {
  ...{ SV: '1-14', EP: '1-20 30-44', SC: '1-14', EV: '1-18', TB: '1-24', UI: '1-28', AD: '1-12', EVT: '1-16' },
  ...{ CR: '1-14', IN: '1-13', US: '1-8', WH: '1-11', RC: '1-6', DN: '1-8', PM: '1-2', MG: '1-3', FF: '1-2' },
  ...{ WK: '1-7', ME: '1-12', SL: '1-7', AL: '1-6', SQ: '1-3', RB: '1-11', TR: '1-23' },
};

const ROW = /^\| ([A-Z]+-\d+) +\|/;
const PATH = /`([^`]+)`/g;
const TEST = /`([^`]+)` "([^"]+)"/g;

const problems = [];
const rows = readFileSync(join(ROOT, DOCUMENT), 'utf8')
  .split('\n')
  .filter((line) => ROW.test(line))
  .map(parseRow);
checkIds(rows.map(({ id }) => id));
rows.forEach(checkRow);

if (problems.length > 0) console.error(problems.map((problem) => `${DOCUMENT}: ${problem}`).join('\n'));
process.exitCode = problems.length > 0 ? 1 : 0;
console.log(`${count('done')} done, ${count('not yet')} not yet`);

function parseRow(line) {
  const [id, , state, code, test] = line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
  return { id, state, code, test };
}

function checkIds(found) {
  const known = Object.entries(RANGES).flatMap(([letters, ranges]) =>
    ranges.split(' ').flatMap((range) => {
      const [first, last] = range.split('-').map(Number);
      return Array.from(
        { length: last - first + 1 },
        (_, index) => `${letters}-${String(first + index).padStart(2, '0')}`,
      );
    }),
  );
  for (const id of known.filter((candidate) => !found.includes(candidate))) problems.push(`${id} is missing`);
  for (const id of found.filter((candidate) => !known.includes(candidate))) problems.push(`${id} is no known ID`);
  for (const id of found.filter((candidate, index) => found.indexOf(candidate) !== index))
    problems.push(`${id} is there twice`);
}

function checkRow({ id, state, code, test }) {
  if (state === 'not yet') return;
  if (state !== 'done') return void problems.push(`${id}: the state is "done" or "not yet", not "${state}"`);
  const paths = [...(code ?? '').matchAll(PATH)].map(([, path]) => path);
  if (paths.length === 0) problems.push(`${id} is done but names no code`);
  for (const path of paths) if (!existsSync(join(ROOT, path))) problems.push(`${id}: there is no ${path}`);
  const tests = [...(test ?? '').matchAll(TEST)];
  if (tests.length === 0) problems.push(`${id} is done but names no test as \`path\` "part of its title"`);
  for (const [, path, title] of tests) {
    if (!existsSync(join(ROOT, path))) problems.push(`${id}: there is no ${path}`);
    else if (!titlesOf(path).some((line) => line.includes(title)))
      problems.push(`${id}: no test of ${path} says "${title}"`);
  }
}

/** Lines that may hold a title: a test's own, or a row of names given to one. Comments do not count. */
function titlesOf(path) {
  return readFileSync(join(ROOT, path), 'utf8')
    .split('\n')
    .filter((line) => /['"`]/.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line));
}

function count(state) {
  return rows.filter((row) => row.state === state).length;
}
