/** A page of the live view for each test, in one browser that is logged in. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { CHROMIUM, launch, loggedIn, SKIPPED } from './browser.ts';
import type { LivePage } from './live-page.ts';
import { reportViolations } from './policy.ts';

/**
 * Starts a world before the tests of a `describe`, and opens an empty page before each. A test fails by whatever its page says as an error, unless
 * it empties `faults` itself. What it returns may be read within tests only.
 */
export function usePage<W extends LivePage>(start: (browser: Browser) => Promise<W>) {
  let world: W;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const faults: string[] = [];
  if (!CHROMIUM) console.warn(SKIPPED);

  beforeAll(async () => {
    browser = await launch();
    world = await start(browser);
    context = await loggedIn(browser, await world.loginLink());
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });
  beforeEach(async () => {
    faults.length = 0;
    page = await context.newPage();
    await reportViolations(page);
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  });
  afterEach(async () => {
    await page.close();
    expect(faults).toEqual([]);
  });

  return {
    faults,
    get world() {
      return world;
    },
    get browser() {
      return browser;
    },
    get page() {
      return page;
    },
    open: (path: string) => page.goto(world.live.url + path),
    waterfall: () => page.getByRole('tree', { name: /^Waterfall/ }),
    live: () => page.locator('.pill-ok', { hasText: 'Live' }).waitFor(),
    currentSpan: () => page.getByRole('treeitem'),
  };
}
