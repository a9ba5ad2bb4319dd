// The body of `corepack pnpm start`.
import { runStack } from './stack/run-stack.ts';
import { readStackSettings, type StackSettings } from './stack/settings.ts';

let settings: StackSettings | undefined;
try {
  settings = readStackSettings(process.env);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
if (settings) await runStack(settings, process.env);
