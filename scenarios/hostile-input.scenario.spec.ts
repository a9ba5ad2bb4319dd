import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Users } from '@tandem/platform/identity/users';
import { BothApps } from './both-apps.ts';

describe('hostile input at the real routes', () => {
  let apps: BothApps;
  let session: Record<string, string>;
  beforeAll(async () => {
    apps = await BothApps.start();
    const { id } = (await apps.v1.post('/v1/clients', { name: 'Client' }).expect(201)).body as { id: number };
    session = { authorization: `Bearer ${await apps.v1.signIn('staff', id)}` };
  });
  afterAll(() => apps.stop());

  const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  const inputs: [name: string, body: string | Buffer, contentType: string, status: number][] = [
    ['an empty body', '', 'application/json', 400],
    ['a truncated body', '{"a":', 'application/json', 400],
    ['a text at the top', '"x"', 'application/json', 400],
    ['9,000 levels', nested(9000), 'application/json', 400],
    ['a repeated key', '{"amount":1,"amount":2}', 'application/json', 400],
    ['__proto__', '{"__proto__":{"a":1}}', 'application/json', 400],
    ['a NUL in a text', '{"ref_id":"a\\u0000b"}', 'application/json', 400],
    ['a lone surrogate', '{"ref_id":"\\ud800"}', 'application/json', 400],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'application/json', 400],
    ['an amount of 1e400', '{"amount":1e400}', 'application/json', 400],
    ['a form', 'a=1', 'application/x-www-form-urlencoded', 415],
    ['plain text', '{"a":1}', 'text/plain', 415],
    ['another charset', '{"a":1}', 'application/json; charset=utf-16', 415],
    ['a body over the limit', JSON.stringify({ a: 'x'.repeat(2_000_000) }), 'application/json', 413],
  ];

  test.each(inputs)(
    '%s is a 4xx at every money route of both services, and writes nothing',
    async (_, body, contentType, status) => {
      const service = await apps.studio.serviceToken();
      const studio = await apps.studio.app.getUrl();
      const v1 = await apps.v1.app.getUrl();
      const routes: [string, Record<string, string>][] = [
        [`${studio}/v1/billing/credits/reserve`, service],
        [`${studio}/v1/billing/credits/consume`, service],
        [`${studio}/v1/billing/events`, service],
        [`${v1}/v1/commissions`, session],
        [`${v1}/api/v1/billing/invoices`, session],
      ];
      for (const [url, headers] of routes) {
        const answer = await fetch(url, { method: 'POST', headers: { ...headers, 'content-type': contentType }, body });
        expect([url, answer.status]).toEqual([url, status]);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
        expect(await answer.json()).toMatchObject({
          status,
          code: expect.any(String),
          detail: expect.any(String),
          request_id: expect.any(String),
        });
      }
      const { rows } = await apps.studio.pool.query('SELECT count(*)::int AS n FROM ledger');
      expect(rows).toEqual([{ n: 0 }]);
    },
  );

  test('a browser may be signed in to both services on one host: their session cookies have two names', async () => {
    const names: string[] = [];
    for (const app of [apps.studio.app, apps.v1.app]) {
      await app
        .get(Users)
        .create({ email: 'both@tandem.test', name: 'Both', role: 'admin', password: 'correct horse battery' });
      const answer = await fetch(`${await app.getUrl()}/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'both@tandem.test', password: 'correct horse battery' }),
      });
      names.push(answer.headers.getSetCookie()[0]?.split('=')[0] ?? '');
    }
    expect(names).toEqual(['studio_access_token', 'access_token']);
  });
});
