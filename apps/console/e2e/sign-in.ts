import { expect, type Page } from '@playwright/test';
import type { Stack, StackUser } from './stack.ts';

/** Opens a page of a console as that user, signing in through the form on the way there. */
export async function signIn(page: Page, stack: Stack, user: StackUser, path: string): Promise<void> {
  await page.goto(stack[user.app].url + path);
  await page.getByLabel('E-mail').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^(Accounts|Billing Monitor)$/);
}

/** Opens a page with the session the user has already: signing in often is limited, and tested once. */
export async function openAs(page: Page, stack: Stack, user: StackUser, path: string): Promise<void> {
  const origin = stack[user.app].url;
  const value = await stack.tokenOf(user);
  const name = user.app === 'studio' ? 'studio_access_token' : 'access_token';
  await page.context().addCookies([{ name, value, url: origin, httpOnly: true, sameSite: 'Lax' }]);
  await page.goto(origin + path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^(Accounts|Billing Monitor)$/);
}
