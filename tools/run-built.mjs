// Builds what has changed, then runs a program of this tree: `node tools/run-built.mjs packages/devkit/dist/stack.js`.
// It runs in this very process: signals, the exit code and the parameters are the program's own.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, runStep } from './run-step.mjs';

const isTerminal = process.stderr.isTTY === true;

/** Standard output is the program's: some print a result for another program to read. */
function show(mark) {
  process.stderr.write(isTerminal ? `\r\x1b[K${mark} Build` : `${mark} Build\n`);
}

async function build() {
  const stop = () => process.exit(130);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, stop);
  show('❯');
  const { code, output } = await runStep({
    command: 'turbo',
    parameters: ['run', 'build', '--output-logs=errors-only'],
    env: { TURBO_TELEMETRY_DISABLED: '1' },
  });
  show(code === 0 ? '✔' : '✖');
  if (isTerminal) process.stderr.write('\n');
  for (const signal of signals) process.off(signal, stop);
  if (code === 0) return true;
  process.stderr.write(
    `${output}\nThe build failed, and nothing was started. When the error above names a source file, mend it; when a ` +
      `module is missing, run "corepack pnpm install". Then run the same command again.\n`,
  );
  return false;
}

if (await build()) {
  process.argv.splice(1, 1);
  await import(pathToFileURL(join(ROOT, process.argv[1])).href);
} else {
  process.exitCode = 1;
}
