import { callApi } from './call-api.ts';
import type { Stack } from './stack.ts';

/** Partner 76, enrolled from the start. */
export const KNOWN_KEY = 'v1:partner:76';

/**
 * Partner 76, whom Studio knows with 100 credits, with an issued and partly paid invoice; partner 77, whom it does not
 * know; and a client.
 */
export async function addBusiness(stack: Stack): Promise<void> {
  const post = callApi(stack.v1.url, await stack.tokenOf(stack.user('v1', 'admin')));
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

  const operate = callApi(stack.studio.url, await stack.tokenOf(stack.user('studio', 'operator')));
  const account = `/v1/operator/accounts/${encodeURIComponent(KNOWN_KEY)}`;
  await operate('/v1/operator/accounts', { external_key: KNOWN_KEY, display_name: 'Kestrel Referral Desk' });
  await operate(`${account}/grants`, { amount: '100', reason: 'Opening balance', idempotency_key: 'opening' });
  await operate(`${account}/mode`, { billing_mode: 'CREDIT', reason: 'Contract signed' });
}
