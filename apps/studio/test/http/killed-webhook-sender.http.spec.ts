import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startService, type ServiceProcess } from '@tandem/devkit/service-process';
import { startStudio, type RunningStudio } from '../start-studio.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

const ENDPOINTS = '/v1/operator/webhook-endpoints';

const folder = mkdtempSync(join(tmpdir(), 'tandem-webhooks-'));
let studio: RunningStudio;
let sender: ServiceProcess;
let receiver: WebhookReceiver;

beforeAll(async () => {
  studio = await startStudio({ env: { WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true' } });
  receiver = await WebhookReceiver.start();
  sender = await startService({
    name: 'studio',
    entry: fileURLToPath(new URL('../../dist/main.js', import.meta.url)),
    env: {
      NODE_ENV: 'test',
      STUDIO_DATABASE_URL: studio.database.applicationUrl,
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true',
      LOG_LEVEL: 'error',
    },
    logFile: join(folder, 'studio.log'),
  });
  await sender.ready();
});
afterAll(async () => {
  await sender?.stop();
  await receiver?.close();
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a sender killed between the answer and its record sends again, under the same webhook-id', async () => {
  const admin = studio.as(await studio.operator('admin'));
  // Answered, and dead before it can know: as late as a kill can come.
  receiver.next(async (response) => {
    await sender.kill9();
    response.writeHead(204).end();
  });
  const body = { url: receiver.url(), event_types: ['account.low_balance'], reason: 'test' };
  const endpoint = (await admin.post(ENDPOINTS).send(body).expect(201)).body as { id: string };
  const sent = await admin.post(`${ENDPOINTS}/${endpoint.id}/test`).send({ reason: 'test' }).expect(202);
  const id = (sent.body as { id: string }).id;
  const read = async () =>
    (await admin.get(`/v1/operator/webhook-deliveries/${id}`)).body as {
      status: string;
      attempts: number;
      attempt_log: { attempt: number }[];
    };

  await until(() => receiver.received.length === 1);
  expect(await read()).toMatchObject({ status: 'PENDING', attempts: 1, attempt_log: [] });
  await sender.restart();
  // As if the dead process's lease were over.
  await studio.pool.query('UPDATE webhook_deliveries SET next_attempt_at = clock_timestamp()');
  await until(async () => (await read()).status === 'DELIVERED');
  expect(await read()).toMatchObject({ attempts: 2, attempt_log: [{ attempt: 2 }] });
  expect(receiver.received).toHaveLength(2);
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
});

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}
