import { expect, test } from '@jest/globals';
import { loadConfig, stripApiPrefix } from './env.ts';

test('development needs nothing set', () => {
  const config = loadConfig({ NODE_ENV: 'development' });
  expect(config).toMatchObject({
    port: 8080,
    studioBaseUrl: 'http://127.0.0.1:3000',
    studioHttpTimeoutSeconds: 5,
    studioStatusCacheSeconds: 45,
    studioStepBudgetMs: 1500,
    defaultBillingMode: 'POSTPAID',
    invoiceFinancialYearStartMonth: 4,
    billingTimezone: 'UTC',
    billingEnabled: true,
    trustProxy: false,
  });
});

test('the database pool has 10 connections unless told otherwise', () => {
  expect(loadConfig({ NODE_ENV: 'development' }).databasePoolMax).toBe(10);
  expect(loadConfig({ NODE_ENV: 'development', DB_POOL_MAX: '25' }).databasePoolMax).toBe(25);
});

test('production lists every missing secret and every bad value at once', () => {
  const start = () => loadConfig({ BILLING_TIMEZONE: 'Mars/Base', INVOICE_FY_START_MONTH: '13' });
  for (const name of [
    'DATABASE_URL',
    'V1_SESSION_SECRET',
    'STUDIO_SERVICE_TOKEN',
    'BILLING_TIMEZONE',
    'INVOICE_FY_START_MONTH',
  ]) {
    expect(start).toThrow(name);
  }
});

test.each([
  ['https://studio.test', 'https://studio.test'],
  ['https://studio.test/', 'https://studio.test'],
  ['https://studio.test/v1', 'https://studio.test'],
  ['https://studio.test/v1//', 'https://studio.test'],
  ['https://studio.test/credits/v1/', 'https://studio.test/credits'],
])('Studio may be named with or without /v1: %s', (given, expected) => {
  expect(stripApiPrefix(given)).toBe(expected);
});

test('times below their floor count as the floor, nonsense is refused', () => {
  const config = loadConfig({
    NODE_ENV: 'test',
    STUDIO_HTTP_TIMEOUT_SECONDS: '0.1',
    STUDIO_STATUS_CACHE_SECONDS: '0',
  });
  expect(config.studioHttpTimeoutSeconds).toBe(0.5);
  expect(config.studioStatusCacheSeconds).toBe(1);
  expect(() => loadConfig({ NODE_ENV: 'test', STUDIO_HTTP_TIMEOUT_SECONDS: 'soon' })).toThrow(
    'STUDIO_HTTP_TIMEOUT_SECONDS',
  );
});
