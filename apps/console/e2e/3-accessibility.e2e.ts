import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, type Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';
import { KNOWN_KEY } from './add-business.ts';
import { openAs } from './sign-in.ts';
import { test } from './stack.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Every violation on the page now, as `rule: element`. Evaluated, because no other script may run under the policy. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations: found } = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`,
  )) as AxeResults;
  return found.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}`));
}

const PAGES = [
  { app: 'studio', role: 'operator', path: '/accounts' },
  { app: 'v1', role: 'admin', path: '/admin/billing-monitor' },
] as const;

for (const colorScheme of ['light', 'dark'] as const) {
  for (const { app, role, path } of PAGES) {
    test.describe(() => {
      test.use({ colorScheme });
      test(`has no WCAG A or AA violation on ${path}, ${colorScheme}, list, detail and phone`, async ({
        page,
        stack,
      }) => {
        const refused: string[] = [];
        page.on('console', (message) => /Content Security Policy/.test(message.text()) && refused.push(message.text()));
        await openAs(page, stack, stack.user(app, role), path);
        await page
          .getByRole('row', { name: /Kestrel/ })
          .first()
          .waitFor();
        expect(await violations(page)).toEqual([]);
        await page.setViewportSize({ width: 390, height: 844 });
        expect(await violations(page)).toEqual([]);
        await page.goto(`${stack[app].url}${path}?account=${KNOWN_KEY}&tab=ledger`);
        await expect(page.getByRole('tab', { name: 'Ledger' })).toHaveAttribute('aria-selected', 'true');
        await page.getByRole('dialog').getByText('+100').waitFor();
        expect(await violations(page)).toEqual([]);
        expect(refused).toEqual([]);
      });
    });
  }
}
