import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { startPostgres } from '@tandem/devkit/postgres/start-postgres';
import type { ServiceProcess } from '@tandem/devkit/service-process';
import { newSecrets, type StackUser } from '@tandem/devkit/stack/secrets';
import { createFirstAccounts, migrateDatabases, startServices } from '@tandem/devkit/stack/services';
import { addBusiness } from './add-business.ts';
import { callApi } from './call-api.ts';

export type { StackUser };

/** Both services as processes of their own, on free ports, with fresh databases. */
export interface Stack {
  readonly v1: ServiceProcess;
  readonly studio: ServiceProcess;
  /** By role; the first of its app. */
  user(app: 'v1' | 'studio', role: string): StackUser;
  /** A session of the user, the same each time. */
  tokenOf(user: StackUser): Promise<string>;
}

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
  const options = { databases, secrets: newSecrets(), logDir };
  await migrateDatabases(options);
  const secrets = await createFirstAccounts(options);
  const services = await startServices({ ...options, secrets });
  try {
    const stack = { ...services, ...peopleOf(services, secrets.users) };
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
