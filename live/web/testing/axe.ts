import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe objects to on the page as it is now: a line for each rule, with the places. */
export async function violations(page: Page): Promise<string[]> {
  // Playwright evaluates outside the page's policy; a script element would rightly be refused.
  await page.evaluate(source);
  return page.evaluate(async () => {
    const found = await (globalThis as unknown as { axe: typeof import('axe-core') }).axe.run();
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  });
}
