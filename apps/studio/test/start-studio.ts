import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createTestDatabase, type TestDatabase } from '@tandem/devkit/test-database';
import { dataSourceOptions } from '@tandem/platform/database/data-source-options';
import { PgPool } from '@tandem/platform/database/pool';
import { ServiceTokens } from '@tandem/platform/identity/service-tokens';
import { Sessions } from '@tandem/platform/identity/sessions';
import { Users } from '@tandem/platform/identity/users';
import request, { type Agent } from 'supertest';
import { DataSource } from 'typeorm';
import { loadConfig } from '../src/config/env.ts';
import { createStudioApp } from '../src/create-app.ts';
import { migrateStudio } from '../src/migrations/migrate-studio.ts';

/** Scopes of the token V1 has. */
export const V1_SCOPES = ['credits:reserve', 'credits:consume', 'credits:release', 'events:write', 'status:read'];

/** Studio on a free port, over a real database, signed in there with the rights it has in production. */
export interface RunningStudio {
  readonly app: NestFastifyApplication;
  readonly database: TestDatabase;
  /** The test's own hand on the database, as its owner. Studio itself has fewer rights: `app.get(PgPool)`. */
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
  return createTestDatabase([], (owner, application) => migrateStudio({ owner, application }));
}

/** Starts an application; give a database to start one more beside another. */
export async function startStudio(
  given: { database?: TestDatabase; env?: Record<string, string> } = {},
): Promise<RunningStudio> {
  const database = given.database ?? (await createStudioDatabase());
  const config = loadConfig({
    NODE_ENV: 'test',
    STUDIO_DATABASE_URL: database.applicationUrl,
    JOBS_ENABLED: 'false',
    LOG_LEVEL: 'silent',
    ...given.env,
  });
  const app = await createStudioApp(config);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = await app.getUrl();
  const owner = new DataSource(
    dataSourceOptions({ url: database.url, poolMax: 10, entities: [], applicationName: 'test' }),
  );
  await owner.initialize();
  let people = 0;
  return {
    app,
    database,
    pool: new PgPool(owner),
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
      await owner.destroy();
      if (given.database === undefined) await database.drop();
    },
  };
}
