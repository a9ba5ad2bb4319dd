import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startFaultProxy, type FaultProxy } from '@tandem/devkit/fault-proxy';
import { StudioBillingAdapter } from '../../src/modules/studio-link/studio-billing-adapter.ts';
import { V1UnderTest } from '../support/v1-under-test.ts';

const HALF_OPEN_MS = 200;
const target = createServer();
let link: FaultProxy;
let v1: V1UnderTest;
let adapter: StudioBillingAdapter;

beforeAll(async () => {
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  link = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: (target.address() as AddressInfo).port });
  v1 = new V1UnderTest({
    STUDIO_BASE_URL: `http://127.0.0.1:${link.port}`,
    STUDIO_BREAKER_FAILURES: '3',
    STUDIO_BREAKER_HALF_OPEN_MS: String(HALF_OPEN_MS),
  });
  await v1.start();
  adapter = v1.app.get(StudioBillingAdapter);
});
afterAll(async () => {
  await v1.stop();
  await link.close();
  target.close();
});

test('a hanging Studio is cut at the deadline of the call', async () => {
  await link.setMode('black-hole');
  const before = performance.now();
  expect(await adapter.getMeta(300)).toMatchObject({ reason: 'timeout' });
  expect(performance.now() - before).toBeLessThan(1000);
});

test('after failures in a row the breaker opens: no more calls, at once, and then one probe', async () => {
  await link.setMode('drop-request');
  // The hanging call before was the first failure in a row.
  for (let call = 0; call < 2; call += 1) expect(await adapter.getMeta(1000)).toMatchObject({ reason: 'unreachable' });
  const seen = link.requestsSeen;
  expect(seen).toBe(3);
  const before = performance.now();
  const answers = await Promise.all(Array.from({ length: 20 }, () => adapter.getMeta(1000)));
  expect(new Set(answers.map((answer) => answer.reason))).toEqual(new Set(['unreachable']));
  expect(performance.now() - before).toBeLessThan(HALF_OPEN_MS);
  expect(link.requestsSeen).toBe(seen);
  await new Promise((resolve) => setTimeout(resolve, HALF_OPEN_MS + 50));
  await Promise.all(Array.from({ length: 20 }, () => adapter.getMeta(1000)));
  expect(link.requestsSeen).toBe(seen + 1);
});
