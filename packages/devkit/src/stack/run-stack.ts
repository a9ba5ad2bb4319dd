import { Listr } from 'listr2';
import { join } from 'node:path';
import { Stack } from './stack.ts';
import type { StackSettings } from './settings.ts';
import { summarize } from './summary.ts';

/** One Ctrl-C can arrive twice, from the terminal and through pnpm; a later one means "now". */
const SAME_REQUEST_MS = 500;

/** Starts the stack with a progress list, prints where it is, and lives until a signal; then ends this process. */
export async function runStack(settings: StackSettings, environment: NodeJS.ProcessEnv): Promise<void> {
  const stack = new Stack(settings, environment, (line) => console.log(line));
  stopOnSignals(stack);
  try {
    await runSteps(stack);
    console.log(summarize(stack.describe(), join(settings.dataDir, 'stack.json')));
  } catch (error) {
    // After a signal the handler below ends the process.
    if (stack.isStopping) return;
    console.error(`\n${(error as Error).message}`);
    await stack.stop();
    process.exit(1);
  }
}

async function runSteps(stack: Stack): Promise<void> {
  const tasks = stack.steps().map((step) => ({
    title: step.title,
    task: async (_context: unknown, task: { title: string }) => {
      const outcome = await step.run();
      if (outcome) task.title = `${step.title}: ${outcome}`;
    },
  }));
  const list = new Listr(tasks, {
    // Signals are ours: an interrupted start still has to stop what it started.
    registerSignalListeners: false,
    fallbackRenderer: 'simple',
    // The caller prints the error once, in full.
    rendererOptions: { showErrorMessage: false, collapseErrors: false },
    fallbackRendererOptions: {},
  });
  await list.run();
}

function stopOnSignals(stack: Stack): void {
  let askedAt: number | undefined;
  const onSignal = () => {
    if (askedAt !== undefined) {
      if (performance.now() - askedAt > SAME_REQUEST_MS) process.exit(1);
      return;
    }
    askedAt = performance.now();
    console.log('\nStopping the services and the database ...');
    stack.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}
