import { readFile } from 'node:fs/promises';
import { expect, type Page } from '@playwright/test';
import { openAs, signIn } from './sign-in.ts';
import { test, type Stack } from './stack.ts';

const KEY = 'v1:partner:77';

function openAccounts(page: Page, stack: Stack, path = '/'): Promise<void> {
  return openAs(page, stack, stack.user('studio', 'operator'), path);
}

test.describe.serial('Studio accounts', () => {
  test('refuses a wrong password with a sentence, lets the right one in and leads to the page asked for', async ({
    page,
    stack,
  }) => {
    const operator = stack.user('studio', 'operator');
    await page.goto(`${stack.studio.url}/accounts?q=77`);
    await page.getByLabel('E-mail').fill(operator.email);
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toContainText('wrong');
    await page.getByLabel('Password', { exact: true }).fill(operator.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(/\/accounts\?q=77$/);
    await page.getByRole('button', { name: 'Olga Operator, operator' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await expect(page.getByLabel('E-mail')).toBeVisible();
    await page.goto(`${stack.studio.url}/accounts`);
    await expect(page.getByLabel('E-mail')).toBeVisible();
  });

  test('enrols an account after saying what changes', async ({ page, stack }) => {
    await openAccounts(page, stack);
    await page.getByRole('button', { name: 'Enrol account' }).click();
    const wizard = page.getByRole('dialog', { name: 'Enrol an account' });
    await wizard.getByLabel('external_key').fill('v1:partner:077');
    await wizard.getByRole('button', { name: 'Continue' }).click();
    await expect(wizard.getByText('Enter a key like v1:partner:77')).toBeVisible();
    await wizard.getByLabel('external_key').fill(KEY);
    await wizard.getByLabel('Display name').fill('Saffron Realty Advisors');
    await wizard.getByRole('button', { name: 'Continue' }).click();
    await wizard.getByRole('button', { name: 'Continue' }).click();
    await expect(wizard.getByText('It stays POSTPAID')).toBeVisible();
    await wizard.getByRole('button', { name: 'Enrol account' }).click();
    await expect(page.getByRole('dialog', { name: 'Saffron Realty Advisors' })).toBeVisible();
    await expect(page).toHaveURL(/account=v1:partner:77/);
  });

  test('explains why CREDIT needs credits, and does not switch', async ({ page, stack }) => {
    await openAccounts(page, stack, `/accounts?account=${KEY}`);
    await page.getByRole('button', { name: 'Change mode' }).click();
    const dialog = page.getByRole('dialog', { name: /to CREDIT$/ });
    await dialog.getByLabel('Reason').fill('Contract signed');
    await dialog.getByRole('button', { name: 'Change to CREDIT' }).click();
    await expect(dialog.getByRole('alert')).toContainText('Nothing is available in this wallet');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByRole('dialog').getByText('POSTPAID', { exact: true })).toBeVisible();
  });

  test('grants once on a double click, shows the new balance first, then switches to CREDIT', async ({
    page,
    stack,
  }) => {
    await openAccounts(page, stack, `/accounts?account=${KEY}&tab=ledger`);
    await page.getByRole('button', { name: 'Grant credits' }).click();
    const grant = page.getByRole('dialog', { name: /^Grant credits to/ });
    await expect(grant.getByRole('button', { name: 'Grant credits' })).toBeDisabled();
    await grant.getByLabel('Amount').fill('10001');
    await grant.getByLabel('Reason').fill('Opening balance');
    await expect(grant.getByRole('button', { name: 'Grant credits' })).toBeDisabled();
    await expect(grant.getByLabel(/Type GRANT/)).toBeVisible();
    await grant.getByLabel('Amount').fill('100');
    await expect(grant.getByText('100', { exact: true })).toHaveCount(2);
    await grant.getByRole('button', { name: 'Grant credits' }).dblclick();
    await expect(page.getByText(`Granted 100 credits to ${KEY}. Wallet: 100.`)).toBeVisible();
    const movements = page.getByRole('table', { name: 'Ledger' }).getByRole('row');
    await expect(movements).toHaveCount(2);
    await expect(movements.nth(1)).toContainText('+100');

    await page.getByRole('button', { name: 'Change mode' }).click();
    const mode = page.getByRole('dialog', { name: /to CREDIT$/ });
    await mode.getByLabel('Reason').fill('Contract signed');
    await mode.getByRole('button', { name: 'Change to CREDIT' }).click();
    await expect(page.getByText(`${KEY} is CREDIT from now on.`)).toBeVisible();
    await page.keyboard.press('Escape');
    const row = page.getByRole('table', { name: 'Accounts' }).getByRole('row', { name: /Saffron/ });
    await expect(row).toContainText('CREDIT');
    await expect(row).toContainText('100');
  });

  test('offers to send the same grant again when no answer came, and nothing else', async ({ page, stack }) => {
    await openAccounts(page, stack, `/accounts?account=${KEY}`);
    await page.getByRole('button', { name: 'Grant credits' }).click();
    const grant = page.getByRole('dialog', { name: /^Grant credits to/ });
    await grant.getByLabel('Amount').fill('0.5');
    await grant.getByLabel('Reason').fill('Goodwill');
    await stack.studio.kill9();
    try {
      await grant.getByRole('button', { name: 'Grant credits' }).click();
      await expect(grant.getByRole('alert')).toContainText('It is not known whether the grant was applied');
      await expect(grant.getByLabel('Amount')).toBeDisabled();
    } finally {
      await stack.studio.restart();
    }
    await grant.getByRole('button', { name: 'Send the same again' }).click();
    await expect(page.getByText(`Granted 0.5 credits to ${KEY}. Wallet: 100.5.`)).toBeVisible();
  });

  test('keeps search, filters and the open tab in the address, over reload and Back', async ({ page, stack }) => {
    await openAccounts(page, stack);
    await page.keyboard.press('/');
    await page.keyboard.type('77');
    await expect(page).toHaveURL(/q=77/);
    await page.getByRole('button', { name: /^CREDIT/ }).click();
    await expect(page).toHaveURL(/mode=CREDIT/);
    await page.getByRole('button', { name: 'Saffron Realty Advisors' }).click();
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await expect(page).toHaveURL(/tab=timeline/);
    await page.reload();
    await expect(page.getByRole('tab', { name: 'Timeline' })).toHaveAttribute('aria-selected', 'true');
    await expect(page.getByText('GRANT', { exact: true })).toHaveCount(2);
    await page.keyboard.press('Escape');
    await expect(page).not.toHaveURL(/account=/);
    await page.goBack();
    await expect(page.getByRole('dialog', { name: 'Saffron Realty Advisors' })).toBeVisible();
  });

  test('saves what the filter shows as CSV and says how many rows', async ({ page, stack }) => {
    await openAccounts(page, stack, '/accounts?q=saffron');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    const csv = await readFile(await (await download).path(), 'utf8');
    expect(csv.split('\r\n')[1]).toMatch(/^v1:partner:77,Saffron Realty Advisors,CREDIT,ACTIVE,100\.5,0,100\.5,/);
    await expect(page.getByText('Saved 1 accounts as CSV.')).toBeVisible();
  });

  test('jumps to an account by its key with Ctrl+K', async ({ page, stack }) => {
    await openAccounts(page, stack);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /^Jump/ }).fill(KEY);
    await page.getByRole('option', { name: /Saffron Realty Advisors/ }).waitFor();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog', { name: 'Saffron Realty Advisors' })).toBeVisible();
  });

  test('reaches the monitor of V1: CREDIT and 100.5 on the account just enrolled', async ({ page, stack }) => {
    await signIn(page, stack, stack.user('v1', 'admin'), '/');
    const row = page.getByRole('table', { name: 'Accounts' }).getByRole('row', { name: /Saffron/ });
    await expect(row).toContainText('CREDIT');
    await expect(row).toContainText('W: 100.5 / R: 0 / A: 100.5');
  });

  test('shows a viewer everything and offers no change', async ({ page, stack }) => {
    await openAs(page, stack, stack.user('studio', 'viewer'), `/accounts?account=${KEY}`);
    await expect(page.getByText('Your role may look, but change nothing.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Grant credits' })).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Enrol account' })).toHaveCount(0);
  });
});
