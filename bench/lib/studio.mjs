import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from './checkout.mjs';

const STUDIO = join(CHECKOUT, 'apps/studio/dist');
export const STUDIO_MAIN = join(STUDIO, 'main.js');

/** Everything a service of V1 may do. */
const SCOPES = 'credits:reserve,credits:consume,credits:release,credits:charge,events:write,status:read';

/** Default settings: one lane, a pool of 10, jobs on, log level info. */
export function studioEnvironment(databaseUrl, profileDir) {
  const preload = new URL('./write-cpu-profile.mjs', import.meta.url);
  return {
    STUDIO_DATABASE_URL: databaseUrl,
    STUDIO_HOST: '127.0.0.1',
    STUDIO_SESSION_SECRET: randomBytes(32).toString('base64url'),
    STUDIO_WEBHOOK_SEALING_KEY: randomBytes(32).toString('base64url'),
    ...(profileDir && { NODE_OPTIONS: `--import ${preload.href}`, CPU_PROFILE_DIR: profileDir }),
  };
}

export async function migrateStudio(databaseUrl) {
  await runStudioCli(databaseUrl, 'migrate');
}

/** Tokens of two clients. */
export async function issueTokens(databaseUrl) {
  const issue = async (client) => {
    const parameters = ['--client', client, '--scopes', SCOPES, '--namespace', 'v1:'];
    return (await runStudioCli(databaseUrl, 'issue-service-token', ...parameters)).token;
  };
  return { main: await issue('benchmark'), other: await issue('other-benchmark') };
}

async function runStudioCli(databaseUrl, ...parameters) {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, NODE_ENV: 'production', STUDIO_DATABASE_URL: databaseUrl };
  const { stdout } = await promisify(execFile)(process.execPath, [join(STUDIO, 'cli.js'), ...parameters], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
