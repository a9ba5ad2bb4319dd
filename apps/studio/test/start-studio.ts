import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createTestDatabase, type TestDatabase } from '@tandem/devkit/test-database';
import { PgPool } from '@tandem/platform/database/pool';
import { ServiceTokens } from '@tandem/platform/identity/service-tokens';
import { Sessions } from '@tandem/platform/identity/sessions';
import { Users } from '@tandem/platform/identity/users';
import { migrateJobs } from '@tandem/platform/jobs/migrate-jobs';
import request, { type Agent } from 'supertest';
import { loadConfig } from '../src/config/env.ts';
import { createStudioApp } from '../src/create-app.ts';
import { STUDIO_MIGRATIONS } from '../src/migrations/index.ts';

/** Scopes of the token V1 has. */
export const V1_SCOPES = ['credits:reserve', 'credits:consume', 'credits:release', 'events:write', 'status:read'];

/** Studio on a free port, over a real database. */
export interface RunningStudio {
  readonly app: NestFastifyApplication;
  readonly database: TestDatabase;
  readonly pool: PgPool;
  /** Header of a service token; by default the one V1 has. */
  serviceToken(options?: { scopes?: string[]; namespace?: string | null }): Promise<Record<string, string>>;
  /** Header of a signed-in person with a role. */
  operator(role?: 'admin' | 'operator' | 'viewer'): Promise<Record<string, string>>;
  /** A caller that sends these headers with every request. */
  as(headers: Record<string, string>): Agent;
  close(): Promise<void>;
}

export function createStudioDatabase(): Promise<TestDatabase> {
  return createTestDatabase(STUDIO_MIGRATIONS, migrateJobs);
}

/** Starts an application; give a database to start one more beside another. */
export async function startStudio(
  given: { database?: TestDatabase; env?: Record<string, string> } = {},
): Promise<RunningStudio> {
  const database = given.database ?? (await createStudioDatabase());
  const config = loadConfig({
    NODE_ENV: 'test',
    STUDIO_DATABASE_URL: database.url,
    JOBS_ENABLED: 'false',
    LOG_LEVEL: 'silent',
    ...given.env,
  });
  const app = await createStudioApp(config);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = await app.getUrl();
  let people = 0;
  return {
    app,
    database,
    pool: app.get(PgPool),
    async serviceToken({ scopes = V1_SCOPES, namespace = 'v1:' } = {}) {
      const { token } = await app.get(ServiceTokens).issue({ client: 'v1', scopes, namespace });
      return { 'x-service-token': token };
    },
    async operator(role = 'operator') {
      people += 1;
      const email = `${role}-${people}@studio.test`;
      const user = await app.get(Users).create({ email, name: role, role, password: 'a long enough password' });
      return { authorization: `Bearer ${await app.get(Sessions).create(user.id)}` };
    },
    as: (headers) => request.agent(url).set(headers),
    async close() {
      await app.close();
      if (given.database === undefined) await database.drop();
    },
  };
}
