/** The page of one trace in Chromium, while its spans still come. */
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningLive, startLive } from '../../server/main.ts';
import { newId, type SpanSpec, tracesObject } from '../../server/testing/requests.ts';
import { CHROMIUM, launch, loggedIn, SKIPPED } from '../testing/browser.ts';

if (!CHROMIUM) console.warn(`live/web/trace/trace-page.browser.test.ts ${SKIPPED}`);

describe.skipIf(!CHROMIUM)('the page of a trace', () => {
  let live: RunningLive;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    [live, browser] = await Promise.all([startLive({ ports: { grpc: 0, http: 0, page: 0 } }), launch()]);
    context = await loggedIn(browser, live.loginUrl);
  });
  afterAll(async () => {
    await browser?.close();
    await live?.close();
  });

  const send = async (span: SpanSpec): Promise<void> => {
    const response = await fetch(`${live.otlp.http}/v1/traces`, {
      method: 'POST',
      headers: { authorization: `Bearer ${live.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(tracesObject('shop', [span])),
    });
    expect(response.status).toBe(200);
  };

  it('finds by attribute also among spans that came after it was opened', async () => {
    const trace = newId(32);
    const root = newId(16);
    await send({ trace, id: root, name: 'the root', attributes: { user: 'ann' } });
    const page = await context.newPage();
    await page.goto(`${live.url}/traces/${trace}?find=user%3Dann`);
    await page.getByText('1 found').waitFor();
    await send({ trace, parent: root, name: 'of another', attributes: { user: 'bob' } });
    await send({ trace, parent: root, name: 'late', attributes: { user: 'ann' } });
    await page.getByRole('tree', { name: 'Waterfall, 3 spans' }).waitFor();
    await page.getByText('2 found').waitFor();
    await page.close();
  });
});
