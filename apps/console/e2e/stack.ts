import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base } from '@playwright/test';
import { startPostgres } from '@tandem/devkit/postgres/start-postgres';
import { startService, type ServiceProcess } from '@tandem/devkit/service-process';
import { newSecrets, type StackUser } from '@tandem/devkit/stack/secrets';
import { createFirstAccounts, migrateDatabases, startServices } from '@tandem/devkit/stack/services';
import { addBusiness } from './add-business.ts';
import { callApi } from './call-api.ts';

export type { StackUser };

/** Both services as processes of their own, on free ports, with fresh databases. */
export interface Stack {
  readonly v1: ServiceProcess;
  readonly studio: ServiceProcess;
  /** One more V1 on the same database, with a service token that Studio does not know. Stop it afterwards. */
  startV1WithWrongToken(): Promise<ServiceProcess>;
  /** By role; the first of its app. */
  user(app: 'v1' | 'studio', role: string): StackUser;
  /** A session of the user, the same each time. */
  tokenOf(user: StackUser): Promise<string>;
}

const ACTORS = ['admin@tandem.test', 'operator@tandem.test', 'viewer@tandem.test'];
const START_TIMEOUT_MS = 90_000;

/** `test` with the stack, which is started once for all files. */
export const test = base.extend<object, { stack: Stack }>({
  stack: [
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'tandem-console-'));
      const databases = ['tandem_v1', 'tandem_studio'];
      const postgres = await startPostgres({
        dataDir: folder,
        port: 0,
        forTests: true,
        databases,
        log: () => undefined,
      });
      try {
        const urls = { v1: postgres.url('tandem_v1'), studio: postgres.url('tandem_studio') };
        await withServices(urls, join(folder, 'logs'), use);
      } finally {
        await postgres.stop();
        await rm(postgres.dataDir, { recursive: true, force: true });
        await rm(folder, { recursive: true, force: true });
      }
    },
    { scope: 'worker', timeout: START_TIMEOUT_MS },
  ],
});

async function withServices(
  databases: Record<'v1' | 'studio', string>,
  logDir: string,
  use: (stack: Stack) => Promise<void>,
): Promise<void> {
  const fresh = newSecrets();
  // Each user costs the start of a process: only those who appear in the stories.
  const users = fresh.users.filter(({ email }) => ACTORS.includes(email));
  const options = { databases, secrets: { ...fresh, users }, logDir };
  await migrateDatabases(options);
  const secrets = await createFirstAccounts(options);
  const services = await startServices({ ...options, secrets });
  try {
    const startV1WithWrongToken = () =>
      startService({
        name: 'v1',
        entry: fileURLToPath(new URL('../../v1/dist/main.js', import.meta.url)),
        env: {
          NODE_ENV: 'development',
          DATABASE_URL: databases.v1,
          V1_SESSION_SECRET: secrets.sessionSecrets.v1,
          STUDIO_BASE_URL: services.studio.url,
          STUDIO_SERVICE_TOKEN: 'tdm_0123456789abcdef_not-a-token-that-studio-ever-issued',
        },
        logFile: join(logDir, 'v1-wrong-token.log'),
      });
    const stack = { ...services, ...peopleOf(services, secrets.users), startV1WithWrongToken };
    await addBusiness(stack);
    await use(stack);
  } finally {
    await Promise.all([services.v1.stop(), services.studio.stop()]);
  }
}

function peopleOf(
  services: Pick<Stack, 'v1' | 'studio'>,
  users: readonly StackUser[],
): Pick<Stack, 'user' | 'tokenOf'> {
  const tokens = new Map<string, Promise<string>>();
  const logIn = async ({ app, email, password }: StackUser) => {
    const { token } = await callApi(services[app].url)('/v1/auth/login', { email, password });
    return String(token);
  };
  return {
    user(app, role) {
      const user = users.find((candidate) => candidate.app === app && candidate.role === role);
      if (!user) throw new Error(`The stack has no ${role} of ${app}`);
      return user;
    },
    tokenOf(user) {
      const token = tokens.get(user.email) ?? logIn(user);
      tokens.set(user.email, token);
      return token;
    },
  };
}
