import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';

const { argv } = process;
let written: string[];

beforeEach(() => {
  written = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  delete process.env.STUDIO_DATABASE_URL;
});
afterEach(() => {
  jest.restoreAllMocks();
  process.argv = argv;
  process.exitCode = undefined;
});

test('a missing setting is named without a stack trace, and the exit code says no', async () => {
  process.argv = ['node', 'cli.js', 'migrate'];
  await import('../../src/cli.ts');
  expect(written.join('')).toMatch(/^The configuration has 1 problem\(s\):\n {2}- STUDIO_DATABASE_URL [^\n]*\n$/);
  expect(process.exitCode).toBe(1);
});
