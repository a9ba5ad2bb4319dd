import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Body, Controller, Get, Headers, HttpCode, Module, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiProperty } from '@nestjs/swagger';
import { IsIdempotencyKey, IsPositiveCredits } from '@tandem/contracts';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import { DomainError } from '../src/errors.ts';
import { ARRAY_BODY_LIMIT_BYTES } from '../src/http/fastify-app.ts';
import { buildOpenApi, serveDocs } from '../src/http/openapi.ts';
import { decodeCursor, encodeCursor, pageLimit } from '../src/http/paging.ts';
import { currentRequestId } from '../src/http/request-context.ts';
import { toValid } from '../src/http/validation.pipe.ts';
import { MetricsModule } from '../src/metrics/metrics.module.ts';
import { bootTestApp, type TestApp } from './boot-test-app.ts';
import { rawRequest, requestBytes, type RawAnswer } from './raw-request.ts';

class Line {
  @ApiProperty()
  @IsString()
  @MaxLength(50)
  text: string;
}

class EchoRequest {
  @ApiProperty()
  @IsString()
  @MaxLength(100)
  name: string;

  @ApiProperty({ type: [Line], required: false })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10)
  @ValidateNested({ each: true })
  @Type(() => Line)
  lines?: Line[];
}

class MoneyRequest {
  @ApiProperty()
  @IsPositiveCredits()
  amount: string | number;
}

class KeyHeader {
  @IsIdempotencyKey()
  key: string;
}

class ListQuery {
  @IsOptional()
  @IsString()
  limit?: string;

  @IsOptional()
  @IsString()
  cursor?: string;

  @IsOptional()
  @IsString()
  q?: string;
}

@Controller('v1')
class ProbeController {
  @Post('echo')
  @HttpCode(200)
  echo(@Body() body: EchoRequest) {
    return { ...body, seen_request_id: currentRequestId() };
  }

  @Post('events')
  @HttpCode(200)
  events(@Body() body: unknown) {
    const items = Array.isArray(body) ? body : [body];
    return { count: items.map((item, index) => toValid(EchoRequest, item, String(index))).length };
  }

  @Post('money')
  @HttpCode(200)
  money(@Body() body: MoneyRequest, @Headers('idempotency-key') key: string | undefined) {
    if (key === undefined) throw new DomainError('idempotency_key_required', 'Idempotency-Key header required');
    return { amount: body.amount, key: toValid(KeyHeader, { key }).key };
  }

  @Post('signed')
  @HttpCode(200)
  signed(@Req() request: FastifyRequest) {
    return { bytes: request.rawBody?.toString('hex'), parsed: request.body ?? null };
  }

  @Post('reset')
  @HttpCode(200)
  reset() {
    return { reset: true };
  }

  @Get('list')
  list(@Query() query: ListQuery) {
    return {
      limit: pageLimit(query.limit),
      position: query.cursor === undefined ? null : decodeCursor(query.cursor, 2),
    };
  }

  @Get('things/:id')
  thing(@Param('id') id: string) {
    return { id };
  }

  @Get('refused')
  refused() {
    throw new DomainError('INSUFFICIENT_CREDITS', 'Not enough credits.', { available: 5n, shortfall: 2n, status: 200 });
  }

  @Get('broken')
  broken() {
    throw new Error('secret detail of table users');
  }
}

@Module({ imports: [MetricsModule.forRoot({ service: 'billing' })], controllers: [ProbeController] })
class ProbeModule {}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const deep = (levels: number) => `{"name":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const post = (path: string, body: Buffer | string, headers: Record<string, string> = JSON_TYPE) =>
  requestBytes(`POST ${path}`, headers, body);
const get = (path: string, headers: Record<string, string> = {}) => requestBytes(`GET ${path}`, headers);
const money = (amount: string, key = 'key-1') =>
  post('/v1/money', `{"amount":${amount}}`, { ...JSON_TYPE, 'Idempotency-Key': key });
const echo = (name: string) => post('/v1/echo', `{"name":${name}}`);

let probe: TestApp;

beforeAll(async () => {
  probe = await bootTestApp(ProbeModule, {
    bodyLimits: (route) => (route === '/v1/events' ? ARRAY_BODY_LIMIT_BYTES : undefined),
    keepRawBody: (route) => route === '/v1/signed',
    rewritePath: (path) => (path.startsWith('/api/v1/') ? path.slice('/api'.length) : path),
    corsOrigins: ['https://console.example'],
  });
});

afterAll(async () => {
  await probe?.app.close();
});

function expectProblem(answer: RawAnswer, status: number): void {
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem = JSON.parse(answer.body) as Record<string, unknown>;
  expect(problem).toMatchObject({
    type: 'about:blank',
    title: expect.any(String),
    status,
    code: expect.any(String),
    request_id: expect.any(String),
    errors: expect.any(Array),
  });
  expect(problem['detail']).toBe(problem['message']);
  expect(problem['detail']).toBe(problem['error']);
  expect(answer.body).not.toMatch(/Unexpected|SyntaxError|FST_|node_modules|RangeError/);
}

describe('bad input is refused with the right status and the one body, never a 5xx', () => {
  const rows: [string, number, Buffer][] = [
    ['I1 cut JSON', 400, post('/v1/echo', '{"name":')],
    ['I1 empty body', 400, post('/v1/echo', '', { ...JSON_TYPE, 'Content-Length': '0' })],
    ['I1 no body at all', 400, post('/v1/echo', '', {})],
    ['I1 top-level string', 400, post('/v1/echo', '"name"')],
    ['I1 top-level null', 400, post('/v1/echo', 'null')],
    ['I1 array where an object belongs', 400, post('/v1/echo', '[]')],
    ['I1 array of wrong items', 400, post('/v1/events', '[1,null,"x"]')],
    ['I2 body over 64 kB', 413, post('/v1/echo', `{"name":"${'x'.repeat(70_000)}"}`)],
    [
      'I2 body over 64 kB, length not announced',
      413,
      requestBytes(
        'POST /v1/echo',
        { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' },
        `11170\r\n${'x'.repeat(70_000)}\r\n0\r\n\r\n`,
      ),
    ],
    ['I2 array over 1 MB', 413, post('/v1/events', `[${'1,'.repeat(600_000)}1]`)],
    [
      'I2 gzip bomb',
      415,
      post('/v1/echo', gzipSync(Buffer.alloc(50_000_000, 0x20)).subarray(0, 60_000), {
        ...JSON_TYPE,
        'Content-Encoding': 'gzip',
      }),
    ],
    [
      'I2 gzip bomb over the limit',
      413,
      post('/v1/echo', Buffer.alloc(80_000), { ...JSON_TYPE, 'Content-Encoding': 'gzip' }),
    ],
    ['I3 9,000 levels', 400, post('/v1/echo', deep(9_000))],
    ['I3 40,000 levels', 400, post('/v1/events', deep(40_000))],
    ['I3 33 levels', 400, post('/v1/echo', deep(33))],
    ['I4 seven decimals', 400, money('"1.0000001"')],
    ['I4 seven decimals as a number', 400, money('1.0000001')],
    ['I4 negative', 400, money('-1')],
    ['I4 NaN', 400, money('NaN')],
    ['I4 NaN as text', 400, money('"NaN"')],
    ['I4 1e400', 400, money('1e400')],
    ['I4 minus zero', 400, money('-0')],
    ['I4 zero', 400, money('0')],
    ['I4 beyond the maximum', 400, money('"99999999999"')],
    ['I4 beyond int8', 400, money('99999999999999999999')],
    ['I5 exponent as text', 400, money('"1e3"')],
    ['I6 duplicate key', 400, post('/v1/money', '{"amount":1,"amount":999}')],
    ['I7 __proto__', 400, post('/v1/echo', '{"name":"x","__proto__":{"admin":true}}')],
    ['I7 constructor', 400, post('/v1/echo', '{"name":"x","constructor":{"prototype":{}}}')],
    ['I8 unknown field', 400, post('/v1/echo', '{"name":"x","role":"admin"}')],
    ['I8 unknown nested field', 400, post('/v1/echo', '{"name":"x","lines":[{"text":"a","price":0}]}')],
    ['I8 unknown query parameter', 400, get('/v1/list?role=admin')],
    ['I9 NUL escaped', 400, echo('"a\\u0000b"')],
    ['I9 NUL raw', 400, echo('"a\0b"')],
    ['I9 NUL in the query', 400, get('/v1/list?q=a%00b')],
    ['I9 NUL in the path', 400, get('/v1/things/a%00b')],
    ['I10 lone surrogate', 400, echo('"\\ud800"')],
    ['I10 lone surrogate encoded in the query', 400, get('/v1/list?q=%ED%A0%80')],
    ['I10 lone surrogate encoded in the path', 400, get('/v1/things/%ED%A0%80')],
    [
      'I11 invalid UTF-8',
      400,
      post('/v1/echo', Buffer.from([...Buffer.from('{"name":"'), 0xff, 0xfe, ...Buffer.from('"}')])),
    ],
    [
      'I11 overlong UTF-8',
      400,
      post('/v1/echo', Buffer.from([...Buffer.from('{"name":"'), 0xc0, 0x80, ...Buffer.from('"}')])),
    ],
    ['I11 invalid UTF-8 in the path', 400, get('/v1/things/%ff')],
    ['I11 raw bytes in the path', 400, get('/v1/things/\xff\xfe')],
    ['malformed percent encoding in the path', 400, get('/v1/things/%zz')],
    ['malformed percent encoding in the query', 400, get('/v1/list?q=%zz')],
    ['I12 look-alike letters in a key', 400, money('1', 'k\u00e9y')],
    ['I13 utf-7', 415, post('/v1/echo', '{"name":"x"}', { 'Content-Type': 'application/json; charset=utf-7' })],
    [
      'I13 utf-16',
      415,
      post('/v1/echo', Buffer.from('{"name":"x"}', 'utf16le'), { 'Content-Type': 'application/json; charset=utf-16' }),
    ],
    ['I14 text/plain', 415, post('/v1/echo', '{"name":"x"}', { 'Content-Type': 'text/plain' })],
    ['I14 form', 415, post('/v1/echo', 'name=x', { 'Content-Type': 'application/x-www-form-urlencoded' })],
    ['I14 multipart', 415, post('/v1/echo', '--x--', { 'Content-Type': 'multipart/form-data; boundary=x' })],
    ['I14 no content type', 415, post('/v1/echo', '{"name":"x"}', {})],
    ['I14 malformed content type', 415, post('/v1/echo', '{"name":"x"}', { 'Content-Type': 'json' })],
    ['I14 text/plain where no body is read', 415, post('/v1/reset', 'x', { 'Content-Type': 'text/plain' })],
    ['I15 repeated parameter', 400, get('/v1/list?q=1&q=2')],
    ['I15 repeated parameter, once encoded', 400, get('/v1/list?q=1&%71=2')],
    ['I15 parameter that reaches prototypes', 400, get('/v1/list?__proto__=1')],
    ['I16 header over 16 kB', 431, get('/v1/list', { 'X-Big': 'x'.repeat(20_000) })],
    [
      'I17 both lengths',
      400,
      requestBytes(
        'POST /v1/echo',
        { ...JSON_TYPE, 'Content-Length': '5', 'Transfer-Encoding': 'chunked' },
        '0\r\n\r\n',
      ),
    ],
    [
      'I17 two content lengths',
      400,
      Buffer.from('POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef'),
    ],
    ['I17 not HTTP at all', 400, Buffer.from('hello\r\n\r\n')],
    ['I18 key missing', 400, post('/v1/money', '{"amount":1}')],
    ['I18 key empty', 400, money('1', '')],
    ['I18 key of 300 characters', 400, money('1', 'x'.repeat(300))],
    ['I18 key that looks like SQL', 400, money('1', "x'; DROP TABLE users; --")],
    ['I23 page size zero', 400, get('/v1/list?limit=0')],
    ['I23 page size negative', 400, get('/v1/list?limit=-5')],
    ['I23 page size not a number', 400, get('/v1/list?limit=1e9')],
    ['I23 cursor of nowhere', 400, get('/v1/list?cursor=abc')],
    ['I23 cursor of another list', 400, get(`/v1/list?cursor=${encodeCursor([1])}`)],
    ['I23 cursor with a NUL', 400, get(`/v1/list?cursor=${encodeCursor(['a\0', 1])}`)],
    ['unknown address', 404, get('/v1/nothing')],
    ['known address, wrong method', 405, requestBytes('DELETE /v1/echo', {})],
    ['known address with a parameter, wrong method', 405, requestBytes('PUT /v1/things/7', {})],
    ['TRACE', 405, requestBytes('TRACE /v1/list', {})],
    ['over-long parameter', 400, get(`/v1/things/${'x'.repeat(2_000)}`)],
  ];

  test.each(rows)('%s: %i', async (_name, status, bytes) => {
    const answer = await rawRequest(probe.port, bytes);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: expect.anything() });
    expectProblem(answer, status);
  });
});

describe('good input passes', () => {
  const rows: [string, Buffer, unknown][] = [
    [
      'a nested body',
      post('/v1/echo', '{"name":"Zoë 🚀","lines":[{"text":"a"}]}'),
      { name: 'Zoë 🚀', lines: [{ text: 'a' }] },
    ],
    [
      'charset utf-8',
      post('/v1/echo', '{"name":"x"}', { 'Content-Type': 'application/json; charset="UTF-8"' }),
      { name: 'x' },
    ],
    [
      'a +json type',
      post('/v1/echo', '{"name":"x"}', { 'Content-Type': 'application/vnd.tandem+json' }),
      { name: 'x' },
    ],
    ['an object or an array', post('/v1/events', '[{"name":"a"},{"name":"b"}]'), { count: 2 }],
    [
      'an array over 64 kB where arrays are allowed',
      post(
        '/v1/events',
        `[${Array(3_000)
          .fill(`{"name":"${'n'.repeat(40)}"}`)
          .join()}]`,
      ),
      { count: 3_000 },
    ],
    ['I5 one amount in three spellings', money('5.0'), { amount: 5, key: 'key-1' }],
    ['no body where none is needed', post('/v1/reset', '', {}), { reset: true }],
    ['I23 a huge page size, cut to 100', get('/v1/list?limit=5000'), { limit: 100, position: null }],
    [
      'a cursor of this list',
      get(`/v1/list?cursor=${encodeCursor(['2026-01-01', 7])}`),
      { limit: 50, position: ['2026-01-01', 7] },
    ],
    ['an encoded path parameter', get('/v1/things/v1%3Apartner%3A77'), { id: 'v1:partner:77' }],
    ['the /api spelling of a path, query untouched', get('/api/v1/list?limit=7'), { limit: 7, position: null }],
  ];

  test.each(rows)('%s', async (_name, bytes, body) => {
    const answer = await rawRequest(probe.port, bytes);
    expect({ status: answer.status, body: JSON.parse(answer.body) as unknown }).toMatchObject({ status: 200, body });
  });
});

test('a signed route gets the exact bytes, unread, within the same limits', async () => {
  const body = '{"a" : 1, "a":"\\ud800"}';
  const answer = await rawRequest(probe.port, post('/v1/signed', body));
  expect(JSON.parse(answer.body)).toEqual({ bytes: Buffer.from(body).toString('hex'), parsed: null });
  expect(await rawRequest(probe.port, post('/v1/signed', 'x'.repeat(70_000)))).toMatchObject({ status: 413 });
  expect(await rawRequest(probe.port, post('/v1/signed', body, { 'Content-Type': 'text/plain' }))).toMatchObject({
    status: 415,
  });
});

test('clients that send headers or bodies slowly are cut off, and others are served meanwhile', async () => {
  const impatient = await bootTestApp(ProbeModule, { arrivalLimits: { headersMs: 200, requestMs: 400 } });
  try {
    const slowHeaders = Array.from({ length: 30 }, () =>
      rawRequest(impatient.port, 'GET /v1/list HTTP/1.1\r\nHost: x\r\nX-A: '),
    );
    const slowBodies = Array.from({ length: 30 }, () =>
      rawRequest(
        impatient.port,
        'POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"name"',
      ),
    );
    expect(await rawRequest(impatient.port, get('/v1/list'))).toMatchObject({ status: 200 });
    for (const answer of await Promise.all([...slowHeaders, ...slowBodies])) {
      expect(answer.status).toBe(408);
      expectProblem(answer, 408);
    }
  } finally {
    await impatient.app.close();
  }
});

describe('every answer', () => {
  test('names the faulty fields by path', async () => {
    const { body } = await rawRequest(
      probe.port,
      post('/v1/events', '[{"name":"a"},{"name":"b","lines":[{"text":5}]}]'),
    );
    const { errors } = JSON.parse(body) as { errors: { path: string }[] };
    expect(new Set(errors.map(({ path }) => path))).toEqual(new Set(['1.lines.0.text']));
  });

  test('carries a safe request id back, to the code and to the log; an unsafe one is replaced', async () => {
    const sent = await rawRequest(
      probe.port,
      post('/v1/echo', '{"name":"x"}', { ...JSON_TYPE, 'X-Correlation-ID': 'trace.1' }),
    );
    expect(sent.headers).toMatchObject({ 'x-request-id': 'trace.1', 'x-correlation-id': 'trace.1' });
    expect(JSON.parse(sent.body)).toMatchObject({ seen_request_id: 'trace.1' });
    expect(probe.logLines.some((line) => line.includes('"request_id":"trace.1"'))).toBe(true);
    const unsafe = await rawRequest(probe.port, get('/v1/list', { 'X-Request-Id': 'a b"c' }));
    expect(unsafe.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('has the security headers, and no cache keeps it', async () => {
    const { headers } = await rawRequest(probe.port, get('/v1/list'));
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': expect.stringContaining('max-age='),
    });
    expect(headers['content-security-policy']).toMatch(/script-src 'self';style-src 'self' 'unsafe-inline'/);
    expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
  });

  test('to a service has the headers a program heeds, and not those that govern a page', async () => {
    const { headers } = await rawRequest(probe.port, get('/v1/list', { 'X-Service-Token': 'any' }));
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(headers).not.toHaveProperty('content-security-policy');
  });

  test('details of a refusal are members of the body and cannot replace a standard one', async () => {
    const answer = await rawRequest(probe.port, get('/v1/refused'));
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.body)).toMatchObject({
      status: 409,
      code: 'INSUFFICIENT_CREDITS',
      available: '5',
      shortfall: '2',
    });
  });

  test('an unexpected error shows a general text and its request id; the log has the rest', async () => {
    const answer = await rawRequest(probe.port, get('/v1/broken?token=abc', { 'X-Request-Id': 'broken-1' }));
    expect(answer.status).toBe(500);
    expectProblem(answer, 500);
    expect(answer.body).not.toContain('secret detail');
    expect(JSON.parse(answer.body)).toMatchObject({ request_id: 'broken-1', instance: '/v1/broken' });
    const line = probe.logLines.find((entry) => entry.includes('secret detail'));
    expect(line).toContain('"request_id":"broken-1"');
    expect(line).not.toContain('token=abc');
  });

  test('an unexpected error is logged with its request id where no context is kept', async () => {
    const { app, port, logLines } = await bootTestApp(ProbeModule, { keepsContext: false });
    try {
      await rawRequest(port, get('/v1/broken', { 'X-Request-Id': 'broken-2' }));
      const lines = logLines.filter((line) => line.includes('"request_id":"broken-2"'));
      expect(lines.join()).toContain('secret detail');
      expect(lines.join()).toContain('Request answered');
    } finally {
      await app.close();
    }
  });

  test('only listed origins may read it from a browser, with the headers existing clients send', async () => {
    const preflight = (origin: string) =>
      rawRequest(
        probe.port,
        requestBytes('OPTIONS /v1/echo', {
          Origin: origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'x-csrf-token',
        }),
      );
    const listed = await preflight('https://console.example');
    expect(listed.headers).toMatchObject({
      'access-control-allow-origin': 'https://console.example',
      'access-control-allow-credentials': 'true',
    });
    expect(listed.headers['access-control-allow-headers']).toContain('X-Publisher-Id');
    const other = await preflight('https://evil.example');
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('is counted by status and timed by route pattern', async () => {
    await rawRequest(probe.port, get('/v1/things/42'));
    const { body, headers } = await rawRequest(probe.port, get('/metrics'));
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(body).toMatch(/http_requests_total\{service="billing",status="200"\} \d+/);
    expect(body).toMatch(/http_request_duration_seconds_count\{service="billing",endpoint="\/v1\/things\/:id"\} \d+/);
    expect(body).not.toContain('/v1/things/42');
  });
});

test('the documents are served under the content security policy', async () => {
  const documented = await bootTestApp(ProbeModule, {}, (app) => {
    serveDocs(app, buildOpenApi(app, { title: 'Probe', version: '1', description: 'Probe' }));
  });
  try {
    const page = await fetch(`${documented.url}/docs`);
    const html = await page.text();
    expect(page.status).toBe(200);
    // Scripts come from files of their own: the policy allows no inline ones.
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>\s*\S/);
    const document = (await (await fetch(`${documented.url}/docs-json`)).json()) as { paths: object };
    expect(Object.keys(document.paths)).toContain('/v1/echo');
  } finally {
    await documented.app.close();
  }
});
