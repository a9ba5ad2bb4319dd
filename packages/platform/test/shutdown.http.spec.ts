import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { expect, test } from '@jest/globals';

function fetchJson(url: string, agent: Agent): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown }),
      );
    });
    request.on('error', reject);
  });
}

test('SIGTERM: not ready first, open requests finish, idle keep-alive connections do not hold the exit', async () => {
  const service = fork(new URL('slow-app.mjs', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  try {
    const [url] = (await once(service, 'message')) as [string];
    await Promise.all(Array.from({ length: 5 }, () => fetchJson(`${url}/ready`, agent)));
    const open = [];
    for (let index = 0; index < 3; index += 1) {
      const began = once(service, 'message');
      open.push(fetchJson(`${url}/slow`, agent));
      await began;
    }
    service.kill('SIGTERM');
    let reason: unknown = null;
    while (reason === null) reason = ((await fetchJson(`${url}/ready`, agent)).body as { reason: unknown }).reason;
    expect(reason).toBe('shutting down');

    const exit = once(service, 'exit');
    service.send('finish');
    expect(await Promise.all(open)).toEqual(Array(3).fill({ status: 200, body: { done: true } }));
    expect(await exit).toEqual([0, null]);
    await expect(fetchJson(`${url}/ready`, agent)).rejects.toThrow();
  } finally {
    agent.destroy();
    if (service.exitCode === null) service.kill('SIGKILL');
  }
});
