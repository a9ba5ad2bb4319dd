import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { buildOpenApi, serveDocs } from '../src/http/openapi.ts';
import { serveConsole } from '../src/http/static-console.ts';
import { MetricsModule } from '../src/metrics/metrics.module.ts';
import { bootTestApp, type TestApp } from './boot-test-app.ts';

@Controller('v1/things')
class ThingsController {
  @Get()
  list() {
    return [];
  }
}

@Module({ imports: [MetricsModule.forRoot({ service: 'test' })], controllers: [ThingsController] })
class ThingsModule {}

let directory: string;
let site: TestApp;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'console-'));
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>console</title>');
  writeFileSync(join(directory, 'assets', 'app-0a1b.js'), 'export {};');
  site = await bootTestApp(ThingsModule, {}, async (app) => {
    serveDocs(app, buildOpenApi(app, { title: 'x', version: '1', description: 'x' }));
    await serveConsole(app, directory);
  });
});

afterAll(async () => {
  await site?.app.close();
  rmSync(directory, { recursive: true, force: true });
});

test.each([
  ['/', 'text/html', 200, 'text/html; charset=utf-8', 'no-cache'],
  ['/partners/77', 'text/html', 200, 'text/html; charset=utf-8', 'no-cache'],
  ['/assets/app-0a1b.js', '*/*', 200, 'application/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
  ['/assets/gone.js', 'text/html', 404, 'application/problem+json; charset=utf-8', 'no-store'],
  ['/partners/77', 'application/json', 404, 'application/problem+json; charset=utf-8', 'no-store'],
  ['/v1/nothing', 'text/html', 404, 'application/problem+json; charset=utf-8', 'no-store'],
  ['/v1/things', 'text/html', 200, 'application/json; charset=utf-8', 'no-store'],
  ['/assets/../../etc/passwd', '*/*', 404, 'application/problem+json; charset=utf-8', 'no-store'],
  ['/docs', 'text/html', 200, 'text/html', 'no-store'],
])('%s for %s', async (path, accept, status, type, cache) => {
  const answer = await fetch(`${site.url}${path}`, { headers: { accept } });
  await answer.arrayBuffer();
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
    status,
    type,
    cache,
  ]);
  expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
});
