import { expect, type Locator, type Page } from '@playwright/test';
import { KNOWN_KEY } from './add-business.ts';
import { openAs } from './sign-in.ts';
import { test, type Stack } from './stack.ts';

const PATH = '/admin/billing-monitor';

function openMonitor(page: Page, stack: Stack, path = PATH): Promise<void> {
  return openAs(page, stack, stack.user('v1', 'admin'), path);
}

const accountRow = (page: Page) =>
  page.getByRole('table', { name: 'Accounts', exact: true }).getByRole('row', { name: /Kestrel/ });

/** Clicks as soon as the cooldown of an earlier test allows it. */
async function refresh(page: Page, label: string): Promise<Locator> {
  const button = page.getByRole('button', { name: new RegExp(`^${label}`) });
  await expect(async () => {
    await expect(button).toHaveText(label, { timeout: 7_000 });
    await button.click();
    await expect(page.getByText('Forced refresh completed.')).toBeVisible({ timeout: 4_000 });
  }).toPass({ timeout: 20_000 });
  return button;
}

test.describe.serial('V1 Billing Monitor', () => {
  test('shows mode and credits from Studio beside what V1 knows, worst first', async ({ page, stack }) => {
    await openMonitor(page, stack, '/');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Billing Monitor');
    await expect(page.getByText('Studio reachable')).toBeVisible();
    await expect(accountRow(page)).toContainText('CREDIT');
    await expect(accountRow(page)).toContainText('W: 100 / R: 0 / A: 100');
    await expect(accountRow(page)).toContainText('₹2,450.00');
    const rows = page.getByRole('table', { name: 'Accounts', exact: true }).locator('tbody tr');
    await expect(rows.first()).toContainText('not_enrolled');
    await expect(rows.last()).not.toContainText('not_enrolled');
  });

  test('refreshes on demand once per 5 seconds and says when again', async ({ page, stack }) => {
    await openMonitor(page, stack);
    const button = await refresh(page, 'Refresh now');
    await expect(button).toHaveText(/Refresh now \(\d s\)/);
    await expect(button).toHaveAttribute('aria-disabled', 'true');
  });

  test('keeps filters in the address and opens the account with its five tabs', async ({ page, stack, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await openMonitor(page, stack);
    await page.getByRole('button', { name: /Accounts in CREDIT/ }).click();
    await expect(page).toHaveURL(/mode=CREDIT/);
    const rows = page.getByRole('table', { name: 'Accounts', exact: true }).locator('tbody tr');
    await expect(rows.filter({ hasText: 'POSTPAID' })).toHaveCount(0);
    await page.reload();
    await expect(accountRow(page)).toBeVisible();
    await expect(rows.filter({ hasText: 'POSTPAID' })).toHaveCount(0);
    await page.getByRole('button', { name: 'Kestrel Referral Desk' }).click();
    const drawer = page.getByRole('dialog');
    await expect(drawer.getByText('Credits: W 100 / R 0 / A 100')).toBeVisible();
    await expect(drawer.getByText('Studio status: reachable')).toBeVisible();
    for (const tab of [/^V1 Invoices\s*1$/, /^V1 Payments\s*1$/, /^Reservations\s*0$/, /^Ledger\s*1$/, /^Timeline/]) {
      await drawer.getByRole('tab', { name: tab }).click();
    }
    await expect(drawer.getByText('invoice_issued', { exact: true })).toBeVisible();
    await drawer.getByRole('button', { name: 'Copy external_key' }).click();
    await expect(page.getByText(`Copied ${KNOWN_KEY}`)).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(KNOWN_KEY);
    await page.keyboard.press('Escape');
    await expect(page).not.toHaveURL(/account=/);
  });

  test('asks to sign in again when the session ended, and leads back', async ({ page, stack }) => {
    await openMonitor(page, stack, `${PATH}?mode=CREDIT`);
    await expect(accountRow(page)).toBeVisible();
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'Not enrolled' }).click();
    await expect(page.getByLabel('E-mail')).toBeVisible();
    await expect(page.getByText('Kestrel')).toHaveCount(0);
    const admin = stack.user('v1', 'admin');
    await page.getByLabel('E-mail').fill(admin.email);
    await page.getByLabel('Password', { exact: true }).fill(admin.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(/billing-monitor\?warning=not_enrolled$/);
  });

  test('offers nothing that changes Studio or V1', async ({ page, stack }) => {
    const changes: string[] = [];
    await openMonitor(page, stack, `${PATH}?account=${KNOWN_KEY}&tab=ledger`);
    page.on('request', (request) => request.method() !== 'GET' && changes.push(request.url()));
    const names = await page.getByRole('button').allInnerTexts();
    expect(names.filter((name) => /^(grant|enrol|suspend|change|delete|void)/i.test(name))).toEqual([]);
    await refresh(page, 'Refresh account detail');
    expect(changes).toEqual([]);
  });

  test('goes on with cached figures and V1 data when Studio dies, and says so', async ({ page, stack }) => {
    await openMonitor(page, stack);
    await expect(accountRow(page)).toContainText('A: 100');
    await stack.studio.kill9();
    try {
      await refresh(page, 'Refresh now');
      const banner = page.getByRole('alert').filter({ hasText: 'Studio unavailable, showing cached data.' });
      await expect(banner).toBeVisible();
      await expect(banner).toContainText('Last success:');
      await expect(page.getByText('Studio unavailable', { exact: true })).toBeVisible();
      await expect(accountRow(page)).toContainText('W: 100 / R: 0 / A: 100');
      await expect(accountRow(page)).toContainText('studio_cached');
      await expect(page.getByRole('table', { name: 'V1 Invoices' })).toContainText('INV-');
      await page.getByRole('tab', { name: 'V1 Payments' }).click();
      await expect(page.getByRole('table', { name: 'V1 Payments' })).toContainText('UPI-1');
    } finally {
      await stack.studio.restart();
    }
  });

  test('tells a rejected token from a Studio that is away', async ({ page, stack }) => {
    const v1 = await stack.startV1WithWrongToken();
    try {
      await v1.ready();
      await openAs(page, { ...stack, v1 }, stack.user('v1', 'admin'), PATH);
      await expect(page.getByRole('alert')).toContainText('Studio answers, but rejects our token.');
      await expect(page.getByText('Token rejected')).toBeVisible();
      await expect(page.getByText('Studio unavailable')).toHaveCount(0);
      await expect(page.getByRole('table', { name: 'V1 Invoices' })).toContainText('INV-');
    } finally {
      await v1.stop();
    }
  });
});
