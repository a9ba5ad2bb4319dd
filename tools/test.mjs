// The one test command: `corepack pnpm test`. Runs every check, goes on after a failed one, and ends with the count.
//   corepack pnpm test --only lint,types     only these steps
//   corepack pnpm test --only jest -- ledger  with parameters for jest
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findChromium } from './find-chromium.mjs';
import { begin, end, say } from './progress.mjs';
import { ROOT, runStep } from './run-step.mjs';

const PLAYWRIGHT_CONFIG = 'apps/console/playwright.config.ts';
const results = mkdtempSync(join(tmpdir(), 'tandem-test-'));
const { values, positionals } = parseArgs({
  options: { only: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
});

/** Steps of one stage may run two at a time; a stage begins when the one before it has ended. */
const stages = [
  [
    simple('build', 'turbo', ['run', 'build', '--continue', '--output-logs=errors-only'], {
      TURBO_TELEMETRY_DISABLED: '1',
    }),
  ],
  [
    simple('lint', 'eslint', ['.', '--max-warnings', '0']),
    simple('types', 'tsc', ['--noEmit', '-p', 'tsconfig.json']),
    ...ifThere('apps/console/tsconfig.json', (file) => simple('console types', 'tsc', ['--noEmit', '-p', file])),
    simple('format', 'prettier', ['--check', '--log-level', 'warn', '.']),
    simple('boundaries', 'depcruise', ['apps', 'packages', '--config', '.dependency-cruiser.cjs']),
    simple('dead code', 'knip', ['--no-progress', '--no-config-hints']),
    ...ifThere('tools/check-requirements.mjs', (file) => simple('requirements', process.execPath, [file])),
    ...ifThere('tools/openapi.mjs', (file) => simple('openapi', process.execPath, [file, '--check'])),
  ],
  [{ name: 'jest', run: runJest }],
  ifThere(PLAYWRIGHT_CONFIG, () => ({ name: 'browser', run: runBrowser })),
];

function ifThere(file, makeStep) {
  return existsSync(join(ROOT, file)) ? [makeStep(file)] : [];
}

/** A step that counts as one, passed or failed by its exit code. */
function simple(name, command, parameters, env) {
  const run = async () => {
    const { code, output } = await runStep({ command, parameters, env });
    return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, output };
  };
  return { name, run };
}

async function runJest() {
  const file = join(results, 'jest.json');
  const { code, output } = await runStep({
    command: process.execPath,
    parameters: [
      ...['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'],
      ...['--maxWorkers=2', '--json', `--outputFile=${file}`, ...positionals],
    ],
    onLine: (line) => /^(PASS|FAIL) /.test(line) && say(`    ${line}`),
  });
  const report = readReport(file);
  const passed = report?.numPassedTests ?? 0;
  // A file that cannot even be loaded has no tests to count; it is one failure.
  const failed = report ? report.numFailedTests + report.numRuntimeErrorTestSuites : 0;
  return judge({ code, passed, failed, output: withoutReport(output), skipped: report?.numPendingTests ?? 0 });
}

async function runBrowser() {
  const chromium = findChromium();
  if (!chromium) {
    const reason = 'no Chromium found: install one (apt-get install chromium) or set CHROMIUM_PATH';
    return process.env.REQUIRE_BROWSER === '1'
      ? { passed: 0, failed: 1, output: `REQUIRE_BROWSER=1 and ${reason}.\n` }
      : { passed: 0, failed: 0, remark: `skipped, ${reason}` };
  }
  const file = join(results, 'browser.json');
  const { code, output } = await runStep({
    command: 'apps/console/node_modules/.bin/playwright',
    parameters: ['test', '-c', PLAYWRIGHT_CONFIG, '--reporter=list,json'],
    env: { CHROMIUM_PATH: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: file, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
    onLine: (line) => /^\s+[✓✘]/.test(line) && say(`    ${line.trim()}`),
  });
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = readReport(file)?.stats ?? {};
  return judge({ code, passed: expected + flaky, failed: unexpected, output, skipped });
}

/** A runner that fails without naming a failed test (it crashed, or hooks failed) is one failure all the same. */
function judge({ code, passed, failed, output, skipped }) {
  const counted = failed === 0 && code !== 0 ? 1 : failed;
  const remark = `${passed} passed, ${counted} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return { passed, failed: counted, remark, output: counted > 0 ? output : undefined };
}

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** jest says on its output where it wrote the report; that and the lines already shown need no second look. */
function withoutReport(output) {
  return output.replace(/^(PASS .*|Test results written to: .*)\n/gm, '');
}

async function runStage(steps, totals) {
  const waiting = [...steps];
  const worker = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      begin(step.name);
      const outcome = await step.run();
      totals.passed += outcome.passed;
      totals.failed += outcome.failed;
      end(step.name, outcome.failed > 0 ? '✗' : '✓', outcome.remark ?? '');
      if (outcome.output) say(outcome.output.trimEnd().replace(/^/gm, '    '));
    }
  };
  await Promise.all([worker(), worker()]);
}

const wanted = values.only.flatMap((names) => names.split(',')).map((name) => name.trim());
const known = stages.flat().map((step) => step.name);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  process.exit(1);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const totals = { passed: 0, failed: 0 };
for (const stage of stages) {
  await runStage(
    stage.filter((step) => wanted.length === 0 || wanted.includes(step.name)),
    totals,
  );
}
rmSync(results, { recursive: true, force: true });
process.exitCode = totals.failed > 0 ? 1 : 0;
say(`${totals.passed} passed, ${totals.failed} failed`);
