// `corepack pnpm tandem <command>`: the first steps and the upkeep of both services, handed to the command line of the
// app that owns the step. Nothing is decided here but which app that is.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run-step.mjs';

/** `steps` are pairs of an app and the name of the command there, run one after the other. */
const COMMANDS = {
  migrate: {
    steps: [
      ['studio', 'migrate'],
      ['v1', 'migrate'],
    ],
    help: 'Bring both databases up to date. `migrate v1` or `migrate studio` does one of them.',
  },
  'create-admin': { steps: [['v1', 'create-admin']], help: 'Add a user to V1, an admin unless --role says otherwise.' },
  'create-operator': { steps: [['studio', 'create-operator']], help: 'Add a person who may sign in to Studio.' },
  'issue-service-token': {
    steps: [['studio', 'issue-service-token']],
    help: 'Issue the token a service such as V1 shows to Studio. Printed once.',
  },
  'verify-ledger': {
    steps: [['studio', 'verify-ledger']],
    help: "Prove that Studio's ledger is as it was sealed. Exit code 1 when a row is not.",
  },
  'verify-audit': {
    steps: [['studio', 'verify-audit']],
    help: "Prove that Studio's audit trail is as it was written. Exit code 1 when a line is not.",
  },
  'resend-since': {
    steps: [['v1', 'resend-since']],
    help: 'Send Studio again what had its outcome since a time, for a Studio that was restored.',
  },
  'issue-api-key': {
    steps: [['v1', 'issue-service-token']],
    help: 'Issue the key another program shows to V1. Printed once.',
  },
};

const HELP = `Usage: corepack pnpm tandem <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { help }]) => `  ${name.padEnd(20)}  ${help}`)
  .join('\n')}

"corepack pnpm tandem <command> --help" lists the options of a command. Each command prints JSON.
V1's database is named by DATABASE_URL, Studio's by STUDIO_DATABASE_URL; those of the stack that
"corepack pnpm start" runs are in .data/stack.json under "databases".
`;

const [name, ...parameters] = process.argv.slice(2).filter((argument) => argument !== '--');
if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
  process.stdout.write(HELP);
} else if (!Object.hasOwn(COMMANDS, name)) {
  process.stderr.write(`There is no command "${name}".\n\n${HELP}`);
  process.exitCode = 1;
} else {
  process.exitCode = await runSteps(stepsOf(name, parameters), parameters);
}

/** All steps of a command, or those of the one app its first parameter names, which is then taken off. */
function stepsOf(command, given) {
  const { steps } = COMMANDS[command];
  const chosen = steps.filter(([app]) => steps.length > 1 && app === given[0]);
  if (chosen.length === 0) return steps;
  given.shift();
  return chosen;
}

/** Ends with the exit code of the first step that fails. */
async function runSteps(steps, given) {
  for (const [app, command] of steps) {
    const entry = join(ROOT, 'apps', app, 'dist', 'cli.js');
    if (!existsSync(entry)) {
      process.stderr.write(`apps/${app} is not built. Run: corepack pnpm build\n`);
      return 1;
    }
    if (steps.length > 1) process.stderr.write(`${app} ${command}\n`);
    const code = await run(entry, [command, ...given]);
    if (code !== 0) return code;
  }
  return 0;
}

function run(entry, given) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...given], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
