import { afterAll, beforeAll } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createTestDatabase, type TestDatabase } from '@tandem/devkit/test-database';
import { TestClock } from '@tandem/platform/clock';
import { dataSourceOptions } from '@tandem/platform/database/data-source-options';
import { PgPool } from '@tandem/platform/database/pool';
import { ServiceTokens } from '@tandem/platform/identity/service-tokens';
import { Sessions } from '@tandem/platform/identity/sessions';
import { Users } from '@tandem/platform/identity/users';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { loadConfig } from '../../src/config/env.ts';
import { createV1App } from '../../src/create-app.ts';
import { migrateV1 } from '../../src/migrations/migrate-v1.ts';
import type { V1Role } from '../../src/modules/identity/roles.ts';

type Verb = 'get' | 'post' | 'patch' | 'put' | 'delete';

/** The V1 application on a database of its own, with callers of every role. */
export class V1UnderTest {
  readonly clock = new TestClock(new Date('2026-05-10T10:00:00Z'));
  app: NestFastifyApplication;
  /** The test's own hand on the database, as its owner. V1 itself has fewer rights. */
  pool: PgPool;
  private owner: DataSource;
  private database: TestDatabase;
  private drafts = 0;
  private readonly tokens = new Map<V1Role, string>();

  constructor(private readonly environment: Readonly<Record<string, string>> = {}) {}

  async start(): Promise<void> {
    this.database = await createTestDatabase([], (owner, application) => migrateV1({ owner, application }));
    const config = loadConfig({
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      JOBS_ENABLED: 'false',
      DATABASE_URL: this.database.applicationUrl,
      // Nobody listens there: V1 must work without Studio.
      STUDIO_BASE_URL: 'http://127.0.0.1:9',
      ...this.environment,
    });
    this.app = await createV1App(config, { clock: this.clock });
    await this.app.listen({ port: 0, host: '127.0.0.1' });
    this.owner = new DataSource(
      dataSourceOptions({ url: this.database.url, poolMax: 10, entities: [], applicationName: 'test' }),
    );
    await this.owner.initialize();
    this.pool = new PgPool(this.owner);
    for (const role of ['admin', 'staff', 'readonly'] as const) this.tokens.set(role, await this.signIn(role, null));
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.owner.destroy();
    await this.database.drop();
  }

  /** A session token of a new user. */
  async signIn(role: V1Role, clientId: number | null): Promise<string> {
    const user = await this.app.get(Users).create({
      email: `${role}-${clientId ?? 'house'}@tandem.test`,
      name: role,
      password: 'correct horse battery',
      role,
      clientId,
    });
    return this.app.get(Sessions).create(user.id);
  }

  issueServiceToken(scopes: string[]): Promise<{ id: string; token: string }> {
    return this.app.get(ServiceTokens).issue({ client: 'test', scopes, namespace: null });
  }

  /** A request as a role, with a token given, or (null) without any credential. */
  as(caller: Exclude<V1Role, 'publisher'> | { token: string } | null, verb: Verb, path: string): request.Test {
    const call = request(this.app.getHttpServer())[verb](path);
    if (caller === null) return call;
    const token = typeof caller === 'string' ? this.tokens.get(caller)! : caller.token;
    return call.set('authorization', `Bearer ${token}`);
  }

  post(path: string, body?: object): request.Test {
    const call = this.as('admin', 'post', path);
    return body === undefined ? call : call.send(body);
  }

  get(path: string): request.Test {
    return this.as('admin', 'get', path);
  }

  /** A new client's id. */
  async newClient(name = 'Client'): Promise<number> {
    const { body } = await this.post('/v1/clients', { name }).expect(201);
    return (body as { id: number }).id;
  }

  /** A new draft's id. Its total is the amount given, without tax. */
  async newDraft(clientId: number, amount = '100.00'): Promise<number> {
    const body = { client_id: clientId, lines: [{ description: 'Work', unit_price: amount }] };
    // A key of its own: two alike in a row would be taken for a double click.
    const key = `draft-${(this.drafts += 1)}`;
    const answer = await this.post('/v1/billing/invoices', body).set('Idempotency-Key', key).expect(201);
    return (answer.body as { invoice_id: number }).invoice_id;
  }

  /** A new issued invoice's id. */
  async newIssued(clientId: number, amount = '100.00'): Promise<number> {
    const id = await this.newDraft(clientId, amount);
    await this.post(`/v1/billing/invoices/${id}/issue`).expect(200);
    return id;
  }

  async rows<Row extends Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, values)).rows;
  }
}

/** One application for all tests of a file. */
export function useV1(environment?: Readonly<Record<string, string>>): V1UnderTest {
  const v1 = new V1UnderTest(environment);
  beforeAll(() => v1.start());
  afterAll(() => v1.stop());
  return v1;
}
