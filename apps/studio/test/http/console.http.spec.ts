import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStudio, type RunningStudio } from '../start-studio.ts';

const PAGE = '<!doctype html><title>Studio</title>';
const BROWSER = { accept: 'text/html,application/xhtml+xml' };

let folder: string;
let studio: RunningStudio;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'studio-console-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'assets', 'index-3f2a.js'), 'export {};');
  studio = await startStudio({ env: { CONSOLE_DIR: folder } });
});
afterAll(async () => {
  await studio.close();
  rmSync(folder, { recursive: true });
});

test.each(['/', '/index.html', '/accounts/v1:partner:7', '/accounts/v1%3Apartner%3A7/ledger?tab=2'])(
  'a browser that asks for %s gets the page, checked anew each time',
  async (path) => {
    const answer = await studio.as(BROWSER).get(path);
    expect([answer.status, answer.text, answer.headers['cache-control']]).toEqual([200, PAGE, 'no-cache']);
    expect(answer.headers['content-security-policy']).toContain("script-src 'self'");
  },
);

test('hashed assets are kept for a year', async () => {
  const answer = await studio.as({}).get('/assets/index-3f2a.js');
  expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
});

test.each(['/assets/missing.js', '/v1/nothing', '/api/nothing', '/webhooks/nothing'])(
  'a browser that asks for %s gets a 404 with a problem body, never the page',
  async (path) => {
    const answer = await studio.as(BROWSER).get(path);
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
  },
);

test('programs that ask for an unknown address, or with another method, get a problem body', async () => {
  expect((await studio.as({}).get('/accounts/7')).status).toBe(404);
  expect((await studio.as(BROWSER).post('/accounts/7')).status).toBe(404);
});
