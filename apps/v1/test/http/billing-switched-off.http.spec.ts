import { expect, test } from '@jest/globals';
import { useV1 } from '../support/v1-under-test.ts';

const v1 = useV1({ BILLING_ENABLED: 'false' });

test('while billing is switched off its endpoints are 404 and the feature flag says so', async () => {
  await v1.get('/api/v1/billing/invoices').expect(404);
  await v1.post('/api/v1/billing/invoices/1/payments', { amount: '1' }).expect(404);
  const { body } = await v1.get('/api/v1/meta/features').expect(200);
  expect(body).toMatchObject({ billingEnabled: false, data: { billing: false } });
});
