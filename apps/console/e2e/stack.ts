import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { startPostgres } from '@tandem/devkit/postgres/start-postgres';
import type { ServiceProcess } from '@tandem/devkit/service-process';
import { newSecrets, type StackSecrets } from '@tandem/devkit/stack/secrets';
import { createFirstAccounts, migrateDatabases, startServices } from '@tandem/devkit/stack/services';
import { callApi } from './call-api.ts';

/** Both services as processes of their own, on free ports, with fresh databases. */
export interface Stack {
  readonly v1: ServiceProcess;
  readonly studio: ServiceProcess;
  passwordOf(email: string): string;
}

export const V1_ADMIN = 'admin@tandem.test';
export const OPERATOR = 'operator@tandem.test';
export const VIEWER = 'viewer@tandem.test';

/** Enrolled from the start. */
export const KNOWN_KEY = 'v1:partner:76';

const START_TIMEOUT_MS = 90_000;

/** `test` with the stack, which is started once for all files. */
export const test = base.extend<object, { stack: Stack }>({
  stack: [
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'tandem-console-'));
      const databases = ['tandem_v1', 'tandem_studio'];
      const postgres = await startPostgres({
        dataDir: folder,
        port: 0,
        forTests: true,
        databases,
        log: () => undefined,
      });
      try {
        const urls = { v1: postgres.url('tandem_v1'), studio: postgres.url('tandem_studio') };
        const options = { databases: urls, secrets: newSecrets(), logDir: join(folder, 'logs') };
        await migrateDatabases(options);
        const secrets = await createFirstAccounts(options);
        const services = await startServices({ ...options, secrets });
        try {
          const stack = { ...services, passwordOf: (email: string) => passwordOf(secrets, email) };
          await addBusiness(stack);
          await use(stack);
        } finally {
          await Promise.all([services.v1.stop(), services.studio.stop()]);
        }
      } finally {
        await postgres.stop();
        await rm(postgres.dataDir, { recursive: true, force: true });
        await rm(folder, { recursive: true, force: true });
      }
    },
    { scope: 'worker', timeout: START_TIMEOUT_MS },
  ],
});

function passwordOf(secrets: StackSecrets, email: string): string {
  const user = secrets.users.find((candidate) => candidate.email === email);
  if (!user) throw new Error(`The stack has no user ${email}`);
  return user.password;
}

/**
 * Partner 76, whom Studio knows with 100 credits, with an issued and partly paid invoice; partner 77, whom it does not
 * know; and a client.
 */
async function addBusiness(stack: Stack): Promise<void> {
  const post = await callApi(stack.v1.url, V1_ADMIN, stack.passwordOf(V1_ADMIN));
  // Ids count up, and the page shows active partners only.
  const former = Array.from({ length: 75 }, (_, index) => ({ name: `Former partner ${index + 1}`, active: false }));
  await Promise.all(former.map((partner) => post('/v1/partners', partner)));
  const partner = await post('/v1/partners', { name: 'Kestrel Referral Desk' });
  await post('/v1/partners', { name: 'Saffron Realty Advisors' });
  await post('/v1/clients', { name: 'Nilgiri Foods' });
  const invoice = await post('/v1/billing/invoices', {
    partner_id: partner.id,
    currency: 'INR',
    lines: [{ description: 'Valuation report', unit_price: '2500.00', tax_rate_bp: 1800 }],
  });
  const path = `/v1/billing/invoices/${String(invoice.invoice_id)}`;
  await post(`${path}/issue`, { version: invoice.version });
  await post(`${path}/payments`, {
    amount: '500.00',
    mode: 'UPI',
    reference_no: 'UPI-1',
    idempotency_key: 'payment:1',
  });

  const operate = await callApi(stack.studio.url, OPERATOR, stack.passwordOf(OPERATOR));
  const account = `/v1/operator/accounts/${encodeURIComponent(KNOWN_KEY)}`;
  await operate('/v1/operator/accounts', { external_key: KNOWN_KEY, display_name: 'Kestrel Referral Desk' });
  await operate(`${account}/grants`, { amount: '100', reason: 'Opening balance', idempotency_key: 'opening' });
  await operate(`${account}/mode`, { billing_mode: 'CREDIT', reason: 'Contract signed' });
}
