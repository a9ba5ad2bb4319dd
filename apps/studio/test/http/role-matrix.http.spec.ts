import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { STUDIO_SCOPES } from '@tandem/contracts';
import type { Agent } from 'supertest';
import { startStudio, type RunningStudio } from '../start-studio.ts';

let studio: RunningStudio;
let nobody: Agent;
let admin: Agent;
let operator: Agent;
let viewer: Agent;
let service: Agent;
let serviceWithoutScopes: Agent;
let routes: Route[];

interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As the OpenAPI document has it. */
  readonly pattern: string;
}

/** What only administrators may do. Whoever adds a route here, or takes one off, decides about money or secrets. */
const ADMINISTRATORS_ONLY = [
  'get /v1/operator/audit',
  'get /v1/operator/audit/verification',
  'get /v1/operator/service-tokens',
  'post /v1/operator/service-tokens',
  'post /v1/operator/service-tokens/{id}/rotate',
  'post /v1/operator/service-tokens/{id}/revoke',
  'post /v1/operator/approvals/{id}/approve',
  'post /v1/operator/approvals/{id}/reject',
  'post /v1/operator/accounts/{external_key}/adjustments',
  'post /v1/operator/accounts/{external_key}/reversals',
  'post /v1/operator/accounts/{external_key}/transfers',
  'post /v1/operator/accounts/{external_key}/clawbacks',
  'post /v1/operator/accounts/{external_key}/overdraft-limit',
  'post /v1/operator/webhook-endpoints',
  'put /v1/operator/webhook-endpoints/{id}',
  'post /v1/operator/webhook-endpoints/{id}/test',
  'post /v1/operator/webhook-endpoints/{id}/rotate-secret',
];

const nameOf = ({ method, pattern }: Route): string => `${method} ${pattern}`;
const isOperatorRoute = ({ pattern }: Route): boolean => pattern.startsWith('/v1/operator/');
const isServiceRoute = ({ pattern }: Route): boolean => pattern.startsWith('/v1/billing/');

/** Nothing is behind the names, and bodies are empty: whoever may call gets 400 or 404, and nothing happens. */
async function call(who: Agent, { method, pattern }: Route): Promise<number> {
  const path = pattern
    .replace('{external_key}', 'v1:partner:424242')
    .replace(/\{[a-z_A-Z]+\}/g, '01900000-0000-7000-8000-000000000001');
  const answer = method === 'get' ? await who.get(path) : await who[method](path).send({});
  return answer.status;
}

/** Routes that answered something else than expected, by name. */
async function exceptions(
  who: Agent,
  some: readonly Route[],
  isExpected: (status: number) => boolean,
): Promise<string[]> {
  const found: string[] = [];
  for (const route of some) {
    const status = await call(who, route);
    if (!isExpected(status)) found.push(`${nameOf(route)}: ${status}`);
  }
  return found;
}

const isLetIn = (status: number): boolean => status !== 401 && status !== 403 && status < 500;

beforeAll(async () => {
  studio = await startStudio();
  nobody = studio.as({});
  admin = studio.as(await studio.operator('admin'));
  operator = studio.as(await studio.operator());
  viewer = studio.as(await studio.operator('viewer'));
  service = studio.as(await studio.serviceToken({ scopes: [...STUDIO_SCOPES], namespace: null }));
  serviceWithoutScopes = studio.as(await studio.serviceToken({ scopes: [] }));
  const { body } = await nobody.get('/docs-json').expect(200);
  routes = Object.entries(body.paths as Record<string, object>).flatMap(([pattern, methods]) =>
    Object.keys(methods).map((method) => ({ method, pattern }) as Route),
  );
});
afterAll(() => studio.close());

describe('every route of the people who run Studio', () => {
  test('is known to this test, and there are many', () => {
    expect(routes.filter(isOperatorRoute).length).toBeGreaterThan(30);
    const names = routes.map(nameOf);
    expect(ADMINISTRATORS_ONLY.filter((name) => !names.includes(name))).toEqual([]);
  });

  test('is closed to nobody and to services, with every scope there is', async () => {
    const some = routes.filter(isOperatorRoute);
    expect(await exceptions(nobody, some, (status) => status === 401)).toEqual([]);
    expect(await exceptions(service, some, (status) => status === 403)).toEqual([]);
  });

  test('lets viewers read and change nothing', async () => {
    const some = routes.filter((route) => isOperatorRoute(route) && !ADMINISTRATORS_ONLY.includes(nameOf(route)));
    const [reads, writes] = [
      some.filter(({ method }) => method === 'get'),
      some.filter(({ method }) => method !== 'get'),
    ];
    expect(await exceptions(viewer, reads, isLetIn)).toEqual([]);
    expect(await exceptions(viewer, writes, (status) => status === 403)).toEqual([]);
  });

  test('lets operators do everything but what is for administrators, and administrators everything', async () => {
    const some = routes.filter(isOperatorRoute);
    const reserved = some.filter((route) => ADMINISTRATORS_ONLY.includes(nameOf(route)));
    const everyday = some.filter((route) => !ADMINISTRATORS_ONLY.includes(nameOf(route)));
    for (const who of [operator, viewer]) {
      expect(await exceptions(who, reserved, (status) => status === 403)).toEqual([]);
    }
    expect(await exceptions(operator, everyday, isLetIn)).toEqual([]);
    expect(await exceptions(admin, some, isLetIn)).toEqual([]);
  });
});

describe('every route of other services', () => {
  test('is closed to nobody, to people whatever their role, and to a token without scopes', async () => {
    const some = routes.filter(isServiceRoute);
    expect(some.length).toBeGreaterThan(8);
    expect(await exceptions(nobody, some, (status) => status === 401)).toEqual([]);
    for (const who of [admin, viewer]) {
      expect(await exceptions(who, some, (status) => status === 403)).toEqual([]);
    }
    // An array of commands asks for the scope of each command, and an empty body has none.
    const scoped = some.filter(({ pattern }) => pattern !== '/v1/billing/credits/commands');
    expect(await exceptions(serviceWithoutScopes, scoped, (status) => status === 403)).toEqual([]);
    expect(await exceptions(service, some, isLetIn)).toEqual([]);
  });
});
