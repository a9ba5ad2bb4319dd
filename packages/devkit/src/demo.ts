// The body of `corepack pnpm demo`: walks through the handshake on the stack that runs, and says what it saw.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpRefusal, ServiceClient } from './demo/service-client.ts';
import { Story, UnexpectedError } from './demo/story.ts';
import { userOf } from './demo/user-of.ts';
import { WalkThrough } from './demo/walk-through.ts';
import { readStackSettings } from './stack/settings.ts';
import type { StackDescription } from './stack/stack.ts';

const START =
  'Start it in another terminal with `corepack pnpm start`, and run this again when it says "Tandem is running".';

async function run(): Promise<void> {
  const stack = readStack(join(readStackSettings(process.env).dataDir, 'stack.json'));
  const [v1, studio] = await Promise.all([
    signIn(stack.v1.url, userOf(stack, 'v1', 'admin')),
    signIn(stack.studio.url, userOf(stack, 'studio', 'operator')),
  ]);
  console.log(`Tandem demo: V1 at ${stack.v1.url}, Studio at ${stack.studio.url}`);
  await new WalkThrough(v1, studio, new Story((line) => console.log(line))).tell();
  console.log(`\nAll as promised. See it for yourself: ${stack.v1.url}/admin/billing-monitor`);
}

function readStack(file: string): StackDescription {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as StackDescription;
  throw new UnexpectedError(`The stack is not running: there is no ${file}.`, START);
}

async function signIn(url: string, user: { email: string; password: string }): Promise<ServiceClient> {
  try {
    return await ServiceClient.signIn(url, user);
  } catch (error) {
    if (error instanceof HttpRefusal) throw error;
    throw new UnexpectedError(`The stack is not running: nobody answers at ${url}.`, START);
  }
}

try {
  await run();
} catch (error) {
  const isExpectedKind = error instanceof UnexpectedError || error instanceof HttpRefusal;
  console.error(`\n   ✗ ${isExpectedKind ? error.message : ((error as Error).stack ?? String(error))}`);
  const advice =
    error instanceof UnexpectedError
      ? error.advice
      : 'Look into the logs folder of the data folder for what the services say.';
  console.error(`     What to do: ${advice}`);
  process.exitCode = 1;
}
