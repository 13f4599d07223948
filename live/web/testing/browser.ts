/** A Chromium for tests: the one that CHROMIUM names, else one where systems put it. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Nothing but what the tests ask for leaves the browser; without a graphics card it draws on the processor. */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser's path; undefined where there is none. */
export const CHROMIUM: string | undefined = process.env.CHROMIUM || PLACES.find((place) => existsSync(place));

export const SKIPPED = `skipped: no Chromium in ${PLACES.join(', ')}; name one in CHROMIUM`;

export function launch(): Promise<Browser> {
  // Chromium's sandbox refuses to run as root.
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...root] });
}

/** A browser profile of its own that has used a login link. */
export async function loggedIn(browser: Browser, link: string): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: 'Europe/Berlin' });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  await page.goto(link);
  await page.close();
  return context;
}
