import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import axios, { type AxiosInstance } from 'axios';
import { once } from 'node:events';
import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts';

let target: Server;
let served: number;
let proxy: FaultProxy;
let http: AxiosInstance;
let agent: Agent;

beforeEach(async () => {
  served = 0;
  target = createServer((request, response) => {
    served += 1;
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{"settled":true}'));
  });
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: (target.address() as AddressInfo).port });
  agent = new Agent({ keepAlive: true });
  http = axios.create({ baseURL: `http://127.0.0.1:${proxy.port}`, httpAgent: agent });
});

afterEach(async () => {
  agent.destroy();
  await proxy.close();
  target.closeAllConnections();
  await new Promise((resolve) => target.close(resolve));
});

const settle = () => http.post('/consume', { amount: 1 });

describe('startFaultProxy', () => {
  test('passes requests and answers, and counts the requests of one kept-alive connection', async () => {
    expect((await settle()).data).toEqual({ settled: true });
    expect((await settle()).data).toEqual({ settled: true });
    expect(proxy.requestsSeen).toBe(2);
  });

  test('drop-response: the target acted, the caller learns nothing, also on an open connection', async () => {
    await settle();
    await proxy.setMode('drop-response');
    await expect(settle()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(served).toBe(2);
  });

  test('drop-request: the target never sees the request', async () => {
    await settle();
    await proxy.setMode('drop-request');
    await expect(settle()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect([served, proxy.requestsSeen]).toEqual([1, 2]);
  });

  test('refuse: nobody listens, until the mode is ok again on the same port', async () => {
    await proxy.setMode('refuse');
    await expect(settle()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.setMode('ok');
    expect((await settle()).status).toBe(200);
  });

  test('black-hole: the connection opens and nothing ever comes back', async () => {
    await proxy.setMode('black-hole');
    await expect(http.post('/consume', {}, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
      code: 'ERR_CANCELED',
    });
    expect([served, proxy.requestsSeen]).toEqual([0, 1]);
  });

  test('cut: the answer breaks off in the middle', async () => {
    await proxy.setMode('cut');
    await expect(settle()).rejects.toThrow(/socket hang up|aborted/);
    expect(served).toBe(1);
  });

  test('slow: the whole answer comes, no earlier than the delay', async () => {
    await proxy.setMode({ slowMs: 120 });
    const begun = performance.now();
    expect((await settle()).data).toEqual({ settled: true });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(115);
  });
});
