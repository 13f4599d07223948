/** The page in Chromium, on the real shop's telemetry in a real live view. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SERVICES } from '../../telemetry/signals.ts';
import { startLive } from '../server/main.ts';
import { violations } from './testing/axe.ts';
import { CHROMIUM, launch, loggedIn, SKIPPED } from './testing/browser.ts';
import { watchFrames } from './testing/frames.ts';
import { type LiveShop, startLiveShop } from './testing/live-shop.ts';
import { bigTrace, ODD_SPANS, sendTrace } from './testing/odd-trace.ts';
import { reportViolations } from './testing/policy.ts';

if (!CHROMIUM) console.warn(`live/web/page.browser.test.ts ${SKIPPED}`);

describe.skipIf(!CHROMIUM)('the page', () => {
  let world: LiveShop;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    [world, browser] = await Promise.all([startLiveShop(), launch()]);
    context = await loggedIn(browser, await world.loginLink());
    const shop = await context.newPage();
    await shop.goto(world.shopUrl);
    await shop.getByRole('radio', { name: 'declined' }).check();
    await shop.getByRole('button', { name: /^Buy / }).first().click();
    await shop
      .locator('#latest .click', { hasText: /^\s*Buy / })
      .locator('.trace code')
      .waitFor();
    await shop.close();
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

  const open = (path: string) => page.goto(world.live.url + path);
  const waterfall = () => page.getByRole('tree', { name: /^Waterfall/ });
  const live = () => page.locator('.pill-ok', { hasText: 'Live' }).waitFor();
  const currentSpan = () => page.getByRole('treeitem');

  it('leads from a Buy to its trace, its logs, its metric, and back', async () => {
    await page.goto(world.shopUrl);
    await page.getByRole('button', { name: /^Buy / }).first().click();
    const shown = page.locator('#latest .click', { hasText: /^\s*Buy / }).locator('.trace code');
    await shown.waitFor();
    const traceId = await shown.textContent();
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);

    await open('/traces');
    await page.getByRole('combobox', { name: 'Operation' }).fill('POST /api/checkout');
    await page.locator(`a[href*="${traceId}"]`).click();
    await waterfall().waitFor();
    const summary = page.getByRole('tabpanel', { name: 'summary' });
    await summary.getByText('Suspected bottleneck').waitFor();
    expect(await summary.locator('.shares .service').allTextContents()).toEqual(
      expect.arrayContaining(['orders', 'payments', 'inventory']),
    );

    await page.getByRole('tab', { name: /^logs/ }).click();
    await page.getByRole('button', { name: /order confirmed/ }).click();
    expect(await currentSpan().textContent()).toContain('orders POST /orders');
    await page.getByRole('tab', { name: 'span' }).click();
    await page.getByText('shop.order.id').waitFor();

    await page.getByRole('tab', { name: 'metrics' }).click();
    await page.getByRole('link', { name: 'http_server_request_duration_seconds' }).click();
    await page.getByRole('heading', { name: /^http_server_request_duration_seconds/ }).waitFor();
    await page.locator('.exemplar').last().click();
    await waterfall().waitFor();
    expect(page.url()).toMatch(/\/traces\/[0-9a-f]{32}\?span=[0-9a-f]{16}$/);
    await page.goBack();
    await page.locator('.chart canvas').waitFor();
  });

  it('shows every service now, and moves without moving anything else', async () => {
    await open('/');
    for (const service of SERVICES) await page.getByRole('article', { name: service }).waitFor();
    await page.getByRole('button', { name: /^postgresql/ }).waitFor();
    await page.getByRole('region', { name: 'Failed traces' }).getByRole('link').first().waitFor();
    const moved = await watchFrames(page);
    expect(moved.frames).toBeGreaterThan(10);
    // A right-aligned number that gains a digit counts a little; a panel that moves by a line counts a hundred times this.
    expect(moved.shift).toBeLessThan(0.001);
    await page.getByRole('article', { name: 'orders' }).getByRole('button').click();
    await page.waitForURL(/service=orders/);
  });

  it('tails logs, holds still on space, filters, and opens the trace of a line', async () => {
    await open('/logs');
    const lines = page.locator('.log-list li');
    await lines.getByText('payment declined').first().or(lines.getByText('402').first()).waitFor();
    await page.locator('.log-list').focus();
    await page.keyboard.press('Space');
    await page.getByText(/^paused at/).waitFor();
    const before = await lines.last().textContent();
    await fetch(`${world.shopUrl}/api/products`);
    await page.getByText(/, [1-9]\d* new$/).waitFor();
    expect(await lines.last().textContent()).toBe(before);
    await page.keyboard.press('Space');

    await page.getByRole('combobox', { name: 'Service' }).selectOption('inventory');
    await expect.poll(async () => new Set(await lines.locator('.service').allTextContents())).toEqual(new Set(['inventory']));
    await page.getByRole('searchbox').fill('no such line');
    await page.getByText('No line that is held matches.').waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await page.getByRole('link', { name: 'Open its trace' }).last().click();
    await waterfall().waitFor();
  });

  it('shows orphans, skewed clocks and markup in names as what they are', async () => {
    const id = await sendTrace(world.live, '0dd'.padEnd(32, '0'), ODD_SPANS);
    await open(`/traces/${id}?find=is:orphan`);
    await page.getByText('1 found').waitFor();
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await expect.poll(() => currentSpan().textContent()).toContain('lost child, 10 ms from 20 ms, its parent is not held');
    await page.getByRole('button', { name: '1 error', exact: true }).click();
    await expect.poll(() => currentSpan().textContent()).toMatch(/POST \/behind.*failed.*clock is off by/);
    await page.getByRole('searchbox').fill('service.name=behind');
    await page.getByText('1 found').waitFor();
    await page.getByRole('searchbox').fill('service.name=gateway');
    await page.getByText('3 found').waitFor();
    await page.getByRole('searchbox').fill('<img');
    await page.getByText('1 found').waitFor();
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await page.getByRole('heading', { name: /<img src=x/ }).waitFor();
  });

  it('takes in spans that come late, and keeps what the reader folded', async () => {
    const id = 'a7e'.padEnd(32, '0');
    const child = { id: 'b2', parent: 'b1', service: 'late', name: 'child', startMs: 10, durationMs: 20 };
    await sendTrace(world.live, id, [
      child,
      { id: 'b3', parent: 'b2', service: 'late', name: 'grandchild', startMs: 12, durationMs: 5 },
    ]);
    await open(`/traces/${id}?find=is:orphan&collapsed=${'b2'.padStart(16, '0')}`);
    await page.getByRole('tree', { name: 'Waterfall, 2 spans' }).waitFor();
    await page.getByText('1 found').waitFor();
    await sendTrace(world.live, id, [{ id: 'b1', service: 'late', name: 'root', startMs: 0, durationMs: 50 }]);
    await page.getByRole('tree', { name: 'Waterfall, 3 spans' }).waitFor();
    await page.getByText('0 found').waitFor();
    await waterfall().focus();
    await page.keyboard.press('End');
    await expect.poll(() => currentSpan().textContent()).toContain('late child');
    expect(await currentSpan().getAttribute('aria-expanded')).toBe('false');
  });

  it('opens a trace of 20,000 spans, finds in it, folds it, and keeps all of it in the address', async () => {
    const id = await sendTrace(world.live, 'b16'.padEnd(32, '0'), bigTrace(20_000));
    await open(`/traces/${id}`);
    await page.getByRole('tree', { name: 'Waterfall, 20000 spans' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('very last');
    await page.keyboard.press('Enter');
    await expect.poll(() => currentSpan().textContent()).toContain('the very last');
    await page.keyboard.press('Escape');
    await page.keyboard.press('e');
    await expect.poll(() => currentSpan().textContent()).toContain('failed');
    await waterfall().focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowLeft');
    expect(await currentSpan().getAttribute('aria-expanded')).toBe('false');
    expect(await currentSpan().getAttribute('aria-setsize')).toBe('1');
    await page.waitForURL(/collapsed=0+1$/);
    await page.reload();
    await waterfall().waitFor();
    await expect.poll(() => currentSpan().getAttribute('aria-setsize')).toBe('1');
  });

  it('accounts for every item, and for its own frames', async () => {
    await open('/health');
    const ledger = page.getByRole('table').filter({ hasText: 'Adds up' });
    await ledger.getByRole('row', { name: /^Spans all keys/ }).waitFor();
    expect(await ledger.locator('td.bad').allTextContents()).toEqual([]);
    await page.getByText('Between frames (p50, p99)').waitFor();
    await page.getByRole('button', { name: 'Log in another browser' }).click();
    await page.locator('code').filter({ hasText: '/login?token=' }).waitFor();
  });

  it('shows times in the zone of the address, whatever the browser says', async () => {
    await open('/logs?tz=Asia/Kathmandu');
    const time = page.locator('.log-list time').last();
    const shown = async () => (await time.textContent())?.slice(0, 5);
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Kathmandu', hour: '2-digit', minute: '2-digit' });
    // The newest line may be of the minute before.
    const near = () => [0, 60_000].map((ago) => clock.format(Date.now() - ago));
    await expect.poll(async () => near().includes((await shown()) ?? '')).toBe(true);
    await page.getByRole('combobox', { name: 'Time zone' }).selectOption('utc');
    await page.waitForURL(/tz=utc/);
  });

  it('runs under a policy that refuses what is not of its own files; no test but this one breaks it', async () => {
    await open('/metric/http.server.request.duration');
    await live();
    await page.evaluate(() => document.head.append(Object.assign(document.createElement('style'), { textContent: '* {}' })));
    await expect.poll(() => faults.some((fault) => fault.startsWith('violates style-src-elem'))).toBe(true);
    faults.length = 0;
  });

  it('says what is the matter: without a login, and without a connection', async () => {
    const stranger = await browser.newContext();
    const other = await stranger.newPage();
    await other.goto(world.live.url);
    await other.getByText('This browser is not logged in.').waitFor();
    await stranger.close();

    const first = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, staticFolder: world.staticFolder });
    const port = Number(new URL(first.url).port);
    await page.goto(first.loginUrl);
    await page.getByText('Nothing has come in yet.').waitFor();
    await first.close();
    await page.getByText('Disconnected: what you see is the last that came.').waitFor();
    // Logins end with the process: the page finds the new one, and says so.
    const second = await startLive({ ports: { grpc: 0, http: 0, page: port }, staticFolder: world.staticFolder });
    await page.getByText('This browser is not logged in.').waitFor();
    await page.goto(second.loginUrl);
    await live();
    await second.close();
    // The browser tells of each refused connection.
    faults.length = 0;
  });

  for (const [width, scheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ] as const) {
    it(`has nothing that axe objects to, and nothing too wide, at ${width} pixels, ${scheme}`, async () => {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme: scheme });
      const id = await sendTrace(world.live, 'a11'.padEnd(32, '0'), ODD_SPANS);
      const places = [
        '/',
        '/traces',
        `/traces/${id}?span=00000000000000a2`,
        `/traces/${id}?panel=logs`,
        '/logs',
        '/metric',
        '/health',
      ];
      for (const place of places) {
        await open(place);
        await live();
        await page.locator('.panel, .log-list, .trace-list').first().waitFor();
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: 'Keys' }).waitFor();
        await page.keyboard.press('Escape');
        expect(await violations(page), place).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), place).toBeLessThanOrEqual(width);
      }
    });
  }
});
