import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { createTestDatabase } from '@tandem/devkit/test-database';
import { DatabaseModule } from '../src/database/database.module.ts';
import { PgPool } from '../src/database/pool.ts';
import { HealthModule } from '../src/health/health.module.ts';
import { Readiness } from '../src/health/readiness.ts';
import { CurrentPrincipal, CurrentService, CurrentUser, Public, Roles, Scopes } from '../src/identity/access.ts';
import { CreateIdentity1700000000000 } from '../src/identity/create-identity.ts';
import { CreateServiceTokens1700000000001 } from '../src/identity/create-service-tokens.ts';
import { IdentityModule } from '../src/identity/identity.module.ts';
import type { Principal, ServicePrincipal, UserPrincipal } from '../src/identity/principal.ts';
import { ServiceTokens } from '../src/identity/service-tokens.ts';
import { Sessions } from '../src/identity/sessions.ts';
import { Users, type User } from '../src/identity/users.ts';
import { MetricsModule } from '../src/metrics/metrics.module.ts';
import { bootTestApp, type TestApp } from './boot-test-app.ts';

const PASSWORD = 'correct horse battery';

@Controller('v1/probe')
class ProbeController {
  @Public()
  @Get('public')
  open() {
    return { ok: true };
  }

  @Roles()
  @Get('any-user')
  anyUser(@CurrentUser() user: UserPrincipal) {
    return user;
  }

  @Roles('admin')
  @Post('admin')
  admin() {
    return { ok: true };
  }

  @Scopes('credits:reserve')
  @Post('reserve')
  reserve(@CurrentService() service: ServicePrincipal) {
    return service;
  }

  @Roles('admin')
  @Scopes('status:read')
  @Get('both')
  both(@CurrentPrincipal() principal: Principal) {
    return { kind: principal.kind };
  }
}

let database: { url: string; drop(): Promise<void> };
let probe: TestApp;
let admin: User;

function imports() {
  return [
    DatabaseModule.forRoot({ url: database.url, poolMax: 5, entities: [], applicationName: 'identity-spec' }),
    MetricsModule.forRoot({ service: 'test' }),
    HealthModule.forRoot({ service: 'test', version: '1.2.3', databaseUrl: database.url }),
    IdentityModule.forRoot({
      roles: ['admin', 'readonly'],
      sessionSecret: 'a secret of the spec',
      secureCookies: true,
    }),
  ];
}

beforeAll(async () => {
  database = await createTestDatabase([CreateIdentity1700000000000, CreateServiceTokens1700000000001]);
  @Module({ imports: imports(), controllers: [ProbeController] })
  class ProbeModule {}
  probe = await bootTestApp(ProbeModule);
  const users = probe.app.get(Users);
  admin = await users.create({ email: 'Admin@Tandem.test', name: 'Ada', password: PASSWORD, role: 'admin' });
  await users.create({ email: 'reader@tandem.test', name: 'Rae', password: PASSWORD, role: 'readonly', clientId: 7 });
});

afterAll(async () => {
  await probe?.app.close();
  await database?.drop();
});

interface Answer {
  readonly status: number;
  readonly body: { readonly token: string; readonly code?: string; readonly [member: string]: unknown };
  readonly headers: Headers;
  /** Cookies set, as a Cookie header would send them. */
  readonly cookies: string;
}

async function call(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`${probe.url}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  return {
    status: response.status,
    body: (await response.json()) as never,
    headers: response.headers,
    cookies: cookies.join('; '),
  };
}

const signIn = (email: string, password = PASSWORD) => call('POST', '/v1/auth/login', {}, { email, password });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('signing in', () => {
  test('answers the session and sets it as a cookie that scripts and foreign sites do not get', async () => {
    const answer = await signIn('admin@tandem.TEST');
    expect(answer).toMatchObject({
      status: 200,
      body: {
        success: true,
        token: expect.any(String),
        user: { id: admin.id, email: 'Admin@Tandem.test', name: 'Ada', role: 'admin', client_id: null },
      },
    });
    const cookie = answer.headers.getSetCookie().join();
    expect(cookie).toMatch(/^access_token=[\w-]{43}; .*HttpOnly; Secure; SameSite=Lax/);
    expect(cookie).toContain('Path=/');
    const me = await call('GET', '/v1/auth/me', { cookie: answer.cookies });
    expect(me.body).toMatchObject({ success: true, user: { email: 'Admin@Tandem.test' } });
  });

  test('refuses a wrong password and an unknown user in the same words', async () => {
    const wrong = await signIn('admin@tandem.test', 'wrong password here');
    const unknown = await signIn('nobody@tandem.test');
    expect(wrong).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    expect({ ...unknown.body, request_id: '' }).toEqual({ ...wrong.body, request_id: '' });
  });

  test('the eleventh try in a minute is 429 with Retry-After, and another account is not locked out', async () => {
    const tries = [];
    for (let index = 0; index < 11; index += 1) tries.push(await signIn('victim@tandem.test', 'guess number x'));
    expect(tries.map(({ status }) => status)).toEqual([...Array<number>(10).fill(401), 429]);
    expect(Number(tries.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await signIn('reader@tandem.test')).toMatchObject({ status: 200 });
  });

  test('a forged X-Forwarded-For does not change whom the limit counts', async () => {
    const forged = await call(
      'POST',
      '/v1/auth/login',
      { 'x-forwarded-for': '9.9.9.9' },
      { email: 'victim@tandem.test', password: 'x' },
    );
    expect(forged.status).toBe(429);
  });

  test('stores no usable token and no password', async () => {
    const { body } = await signIn('reader@tandem.test');
    const { rows } = await probe.app
      .get(PgPool)
      .query(
        `SELECT string_agg(s::text, '') || (SELECT string_agg(u::text, '') FROM users u) AS dump FROM user_sessions s`,
      );
    expect(rows[0]?.['dump']).not.toContain(body.token);
    expect(rows[0]?.['dump']).not.toContain(PASSWORD);
    expect(rows[0]?.['dump']).toContain('$argon2id$');
  });

  test('signing out ends every copy of the token at once', async () => {
    const { body } = await signIn('reader@tandem.test');
    expect(await call('POST', '/v1/auth/logout', bearer(body.token))).toMatchObject({ status: 200 });
    expect(await call('GET', '/v1/auth/me', bearer(body.token))).toMatchObject({ status: 401 });
  });

  test('a session ends when the user is disabled', async () => {
    const users = probe.app.get(Users);
    const user = await users.create({ email: 'leaver@tandem.test', name: 'Lee', password: PASSWORD, role: 'admin' });
    const { body } = await signIn('leaver@tandem.test');
    await users.update(user.id, user.version, { role: 'admin', active: false, clientId: null });
    await probe.app.get(Sessions).revokeAll(user.id);
    expect(await call('GET', '/v1/auth/me', bearer(body.token))).toMatchObject({ status: 401 });
    expect(await signIn('leaver@tandem.test')).toMatchObject({ status: 401 });
  });

  test('an expired session is refused', async () => {
    const token = await probe.app.get(Sessions).create(admin.id);
    await probe.app.get(PgPool).query(`UPDATE user_sessions SET expires_at = now() - interval '1 s'`);
    expect(await call('GET', '/v1/auth/me', bearer(token))).toMatchObject({ status: 401 });
  });
});

describe('users', () => {
  test('refuses short passwords, unknown roles, a second account for one address, and stale edits', async () => {
    const users = probe.app.get(Users);
    const base = { email: 'new@tandem.test', name: 'New', password: PASSWORD, role: 'admin' };
    await expect(users.create({ ...base, password: 'short' })).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(users.create({ ...base, role: 'root' })).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(users.create({ ...base, email: 'ADMIN@tandem.test' })).rejects.toMatchObject({
      code: 'already_exists',
    });
    const change = { role: 'admin', active: true, clientId: null };
    await expect(users.update(admin.id, 99, change)).rejects.toMatchObject({ code: 'stale_version' });
    await expect(users.update(424242, 1, change)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('changes made under the cookie need the anti-forgery token', () => {
  const attempt = (headers: Record<string, string>) => call('POST', '/v1/probe/admin', headers);

  test('the token of this session passes; none, a foreign one, or one without its cookie is 403', async () => {
    const session = await signIn('admin@tandem.test');
    const csrf = await call('GET', '/v1/auth/csrf', { cookie: session.cookies });
    const token = csrf.body.token;
    expect(csrf.cookies).toBe(`XSRF-TOKEN=${token}`);
    const both = `${session.cookies}; ${csrf.cookies}`;
    expect(await attempt({ cookie: both, 'x-csrf-token': token })).toMatchObject({ status: 201 });

    const refused = { status: 403, body: { code: 'csrf_token_invalid', message: 'Invalid CSRF token' } };
    expect(await attempt({ cookie: both })).toMatchObject(refused);
    expect(await attempt({ cookie: session.cookies, 'x-csrf-token': token })).toMatchObject(refused);
    expect(await attempt({ cookie: both, 'x-csrf-token': `${token}x` })).toMatchObject(refused);
    const planted = 'a'.repeat(64) + '.' + 'b'.repeat(64);
    expect(
      await attempt({ cookie: `${session.cookies}; XSRF-TOKEN=${planted}`, 'x-csrf-token': planted }),
    ).toMatchObject(refused);

    const other = await signIn('admin@tandem.test');
    const ofOther = await call('GET', '/v1/auth/csrf', { cookie: other.cookies });
    expect(
      await attempt({ cookie: `${session.cookies}; ${ofOther.cookies}`, 'x-csrf-token': ofOther.body.token }),
    ).toMatchObject(refused);
  });

  test('a Bearer caller needs none, and its cookies are ignored', async () => {
    const session = await signIn('admin@tandem.test');
    expect(await attempt(bearer(session.body.token))).toMatchObject({ status: 201 });
    expect(await attempt({ ...bearer('wrong'), cookie: session.cookies })).toMatchObject({ status: 401 });
  });
});

describe('who may call what', () => {
  test('every kind of caller on every kind of route', async () => {
    const tokens = probe.app.get(ServiceTokens);
    const reserving = await tokens.issue({ client: 'v1', scopes: ['credits:reserve'], namespace: 'v1:' });
    const reading = await tokens.issue({ client: 'v1', scopes: ['status:read'], namespace: 'v1:' });
    const callers = {
      nobody: {},
      admin: bearer((await signIn('admin@tandem.test')).body.token),
      readonly: bearer((await signIn('reader@tandem.test')).body.token),
      reserving: { 'x-service-token': reserving.token },
      reading: bearer(reading.token),
    };
    const routes = ['GET public', 'GET any-user', 'POST admin', 'POST reserve', 'GET both'] as const;
    const table: Record<string, number[]> = {};
    for (const [caller, headers] of Object.entries(callers)) {
      table[caller] = [];
      for (const route of routes) {
        const [method = '', path = ''] = route.split(' ');
        table[caller].push((await call(method, `/v1/probe/${path}`, headers)).status);
      }
    }
    expect(table).toEqual({
      nobody: [200, 401, 401, 401, 401],
      admin: [200, 200, 201, 403, 200],
      readonly: [200, 200, 403, 403, 403],
      reserving: [200, 403, 403, 201, 403],
      reading: [200, 403, 403, 403, 200],
    });
  });

  test('the codes tell a missing from a wrong credential', async () => {
    const reserve = (headers: Record<string, string>) => call('POST', '/v1/probe/reserve', headers);
    const wrong = `tdm_${'0'.repeat(16)}_${'A'.repeat(43)}`;
    expect((await reserve({})).body.code).toBe('unauthorized');
    expect((await reserve({ 'x-service-token': wrong })).body.code).toBe('INVALID_STUDIO_SERVICE_TOKEN');
    expect((await reserve({ 'x-service-token': 'x' })).body.code).toBe('INVALID_STUDIO_SERVICE_TOKEN');
    expect((await reserve(bearer(wrong))).body.code).toBe('INVALID_STUDIO_SERVICE_TOKEN');
    expect((await reserve({ 'x-api-key': wrong })).body.code).toBe('unauthorized');
    expect((await reserve(bearer(wrong))).headers.get('www-authenticate')).toBe('Bearer');
  });

  test('x-service-token wins over Authorization; a service is known by client, scopes and namespace', async () => {
    const { id, token } = await probe.app
      .get(ServiceTokens)
      .issue({ client: 'v1', scopes: ['credits:reserve'], namespace: 'v1:' });
    const answer = await call('POST', '/v1/probe/reserve', { 'x-service-token': token, ...bearer('wrong') });
    expect(answer.body).toEqual({
      kind: 'service',
      client: 'v1',
      tokenId: id,
      scopes: ['credits:reserve'],
      namespace: 'v1:',
    });
  });

  test('a route nobody decided about stops the application from starting', async () => {
    @Controller('v1/forgotten')
    class ForgottenController {
      @Get()
      list() {
        return [];
      }
    }
    @Module({ imports: imports(), controllers: [ForgottenController] })
    class ForgottenModule {}
    await expect(bootTestApp(ForgottenModule)).rejects.toThrow(/GET ForgottenController\.list/);
  });
});

describe('service tokens', () => {
  const verify = (token: string) => probe.app.get(ServiceTokens).verify(token);

  test('two of one client are valid at once, and a revoked one stops here at once', async () => {
    const tokens = probe.app.get(ServiceTokens);
    const old = await tokens.issue({ client: 'rotating', scopes: [], namespace: null });
    const next = await tokens.issue({ client: 'rotating', scopes: [], namespace: null });
    expect([await verify(old.token), await verify(next.token)]).toMatchObject([
      { client: 'rotating' },
      { client: 'rotating' },
    ]);
    await tokens.revoke(old.id);
    expect([await verify(old.token), await verify(next.token)]).toMatchObject([null, { client: 'rotating' }]);
  });

  test('a token is refused when expired, altered, of another id, cut or too long, without an error', async () => {
    const tokens = probe.app.get(ServiceTokens);
    const expired = await tokens.issue({
      client: 'c',
      scopes: [],
      namespace: null,
      expiresAt: new Date(Date.now() - 1),
    });
    const one = await tokens.issue({ client: 'c', scopes: [], namespace: null });
    const two = await tokens.issue({ client: 'c', scopes: [], namespace: null });
    const altered = one.token.slice(0, -1) + (one.token.endsWith('A') ? 'B' : 'A');
    const swapped = one.token.replace(one.id, two.id);
    for (const token of [
      expired.token,
      altered,
      swapped,
      one.token.slice(0, -5),
      `${one.token}A`,
      '',
      'tdm__',
      'tdm_x_y',
    ]) {
      expect(await verify(token)).toBeNull();
    }
  });

  test('shows when a token was last used, never its secret', async () => {
    const tokens = probe.app.get(ServiceTokens);
    const { id, token } = await tokens.issue({ client: 'seen', scopes: ['a'], namespace: null });
    await verify(token);
    await tokens.onModuleDestroy();
    const row = (await tokens.list()).find((listed) => listed.id === id);
    expect(row?.last_used_at).toBeInstanceOf(Date);
    const { rows } = await probe.app.get(PgPool).query(`SELECT string_agg(t::text, '') AS dump FROM service_tokens t`);
    expect(JSON.stringify([row, rows])).not.toContain(token.slice(-43));
  });
});

test('no log line holds a password, a session, a service token or a cookie', async () => {
  const session = await signIn('admin@tandem.test');
  const { token } = await probe.app.get(ServiceTokens).issue({ client: 'c', scopes: [], namespace: null });
  await call('POST', '/v1/probe/reserve', { 'x-service-token': token });
  const logger = probe.app.getHttpAdapter().getInstance().log;
  logger.info({ headers: { authorization: `Bearer ${session.body.token}`, cookie: session.cookies } }, `used ${token}`);
  const lines = probe.logLines.join('');
  expect(lines).toContain('[redacted]');
  for (const secret of [PASSWORD, session.body.token, token, token.slice(-43)]) expect(lines).not.toContain(secret);
});

describe('health', () => {
  test('is alive and ready with a database, and says so in the shape existing probes read', async () => {
    expect(await call('GET', '/health')).toMatchObject({
      status: 200,
      body: {
        service: 'test',
        status: 'healthy',
        version: '1.2.3',
        uptime_seconds: expect.any(Number),
        checks: { database: 'ok' },
      },
    });
    expect(await call('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
  });

  test('a failing check and a shutdown make it not ready, while it stays alive', async () => {
    const readiness = probe.app.get(Readiness);
    let isLoaded = false;
    readiness.add({
      name: 'rate_card',
      reason: 'rate card not loaded',
      run: () => {
        if (!isLoaded) throw new Error('not loaded');
      },
    });
    expect(await call('GET', '/readyz')).toMatchObject({
      status: 503,
      body: { status: 'not ready', reason: 'rate card not loaded' },
    });
    expect(await call('GET', '/health')).toMatchObject({ status: 200, body: { checks: { rate_card: 'failed' } } });
    isLoaded = true;
    readiness.stopTakingTraffic();
    expect(await call('GET', '/readyz')).toMatchObject({ status: 503, body: { reason: 'shutting down' } });
  });
});
