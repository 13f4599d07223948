/** The page in Chromium, on the real shop's telemetry in a real live view. */
import { describe, expect, it } from 'vitest';
import { SERVICES } from '../../telemetry/signals.ts';
import { violations } from './testing/axe.ts';
import { CHROMIUM } from './testing/browser.ts';
import { watchFrames } from './testing/frames.ts';
import { startLiveShop } from './testing/live-shop.ts';
import { ODD_SPANS, sendTrace } from './testing/odd-trace.ts';
import { usePage } from './testing/page.ts';

describe.skipIf(!CHROMIUM)('the page, on the shop', () => {
  const at = usePage(async (browser) => {
    const world = await startLiveShop();
    const shop = await browser.newPage();
    await shop.goto(world.shopUrl);
    await shop.getByRole('radio', { name: 'declined' }).check();
    await shop.getByRole('button', { name: /^Buy / }).first().click();
    await shop
      .locator('#latest .click', { hasText: /^\s*Buy / })
      .locator('.trace code')
      .waitFor();
    await shop.close();
    return world;
  });
  const { open, waterfall, live, currentSpan } = at;

  it('leads from a Buy to its trace, its logs, its metric, and back', async () => {
    await at.page.goto(at.world.shopUrl);
    await at.page.getByRole('button', { name: /^Buy / }).first().click();
    const shown = at.page.locator('#latest .click', { hasText: /^\s*Buy / }).locator('.trace code');
    await shown.waitFor();
    const traceId = await shown.textContent();
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);

    await open('/traces');
    await at.page.getByRole('combobox', { name: 'Operation' }).fill('POST /api/checkout');
    await at.page.locator(`a[href*="${traceId}"]`).click();
    await waterfall().waitFor();
    const summary = at.page.getByRole('tabpanel', { name: 'summary' });
    await summary.getByText('Suspected bottleneck').waitFor();
    expect(await summary.locator('.shares .service').allTextContents()).toEqual(
      expect.arrayContaining(['orders', 'payments', 'inventory']),
    );

    await at.page.getByRole('tab', { name: /^logs/ }).click();
    await at.page.getByRole('button', { name: /order confirmed/ }).click();
    expect(await currentSpan().textContent()).toContain('orders request handler');
    await at.page.getByRole('tab', { name: 'span' }).click();
    await at.page.getByText('shop.order.id').waitFor();

    await at.page.getByRole('tab', { name: 'metrics' }).click();
    await at.page.getByRole('link', { name: 'http_server_request_duration_seconds' }).click();
    await at.page.getByRole('heading', { name: /^http_server_request_duration_seconds/ }).waitFor();
    await at.page.locator('.exemplar').last().click();
    await waterfall().waitFor();
    expect(at.page.url()).toMatch(/\/traces\/[0-9a-f]{32}\?span=[0-9a-f]{16}&from=\d+&to=\d+$/);
    await at.page.goBack();
    await at.page.locator('.chart canvas').waitFor();
  });

  it('shows every service now, and moves without moving anything else', async () => {
    await open('/');
    for (const service of SERVICES) await at.page.getByRole('article', { name: service }).waitFor();
    await at.page.getByRole('button', { name: /^postgresql .*\/s$/ }).waitFor();
    await at.page.getByRole('region', { name: 'Failed traces' }).getByRole('link').first().waitFor();
    const moved = await watchFrames(at.page);
    expect(moved.frames).toBeGreaterThan(10);
    // A right-aligned number that gains a digit counts a little; a panel that moves by a line counts a hundred times this.
    expect(moved.shift).toBeLessThan(0.001);
    await at.page.getByRole('article', { name: 'orders' }).getByRole('button').click();
    await at.page.waitForURL(/service=orders/);
  });

  it('tails logs, holds still on space, filters, and opens the trace of a line', async () => {
    await open('/logs');
    const lines = at.page.locator('.log-list li');
    await lines.getByText('payment declined').first().or(lines.getByText('402').first()).waitFor();
    await at.page.locator('.log-list').focus();
    await at.page.keyboard.press('Space');
    await at.page.getByText(/^paused at/).waitFor();
    const before = await lines.last().textContent();
    await fetch(`${at.world.shopUrl}/api/products`);
    await at.page.getByText(/, [1-9]\d* new$/).waitFor();
    expect(await lines.last().textContent()).toBe(before);
    await at.page.keyboard.press('Space');

    await at.page.getByRole('combobox', { name: 'Service' }).selectOption('inventory');
    await expect.poll(async () => new Set(await lines.locator('.service').allTextContents())).toEqual(new Set(['inventory']));
    await at.page.getByRole('searchbox').fill('no such line');
    await at.page.getByText('No line that is held matches.').waitFor();
    await at.page.getByRole('button', { name: 'Clear the filter' }).click();
    await at.page.getByRole('link', { name: 'Open its trace' }).last().click();
    await waterfall().waitFor();
  });

  it('accounts for every item, and for its own frames', async () => {
    await open('/health');
    const ledger = at.page.getByRole('table').filter({ hasText: 'Adds up' });
    await ledger.getByRole('row', { name: /^Spans all keys/ }).waitFor();
    expect(await ledger.locator('td.bad').allTextContents()).toEqual([]);
    await at.page.getByText('Between frames (p50, p99)').waitFor();
    await at.page.getByRole('button', { name: 'Log in another browser' }).click();
    await at.page.locator('code').filter({ hasText: '/login?token=' }).waitFor();
  });

  it('shows times in the zone of the address, whatever the browser says', async () => {
    await open('/logs?tz=Asia/Kathmandu');
    const time = at.page.locator('.log-list time').last();
    const shown = async () => (await time.textContent())?.slice(0, 5);
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Kathmandu', hour: '2-digit', minute: '2-digit' });
    // The newest line may be of the minute before.
    const near = () => [0, 60_000].map((ago) => clock.format(Date.now() - ago));
    await expect.poll(async () => near().includes((await shown()) ?? '')).toBe(true);
    await at.page.getByRole('combobox', { name: 'Time zone' }).selectOption('utc');
    await at.page.waitForURL(/tz=utc/);
  });

  for (const [width, scheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ] as const) {
    it(`has nothing that axe objects to, and nothing too wide, at ${width} pixels, ${scheme}`, async () => {
      await at.page.setViewportSize({ width, height: 844 });
      await at.page.emulateMedia({ colorScheme: scheme });
      const id = await sendTrace(at.world.live, 'a11'.padEnd(32, '0'), ODD_SPANS);
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
        await at.page.locator('.panel, .log-list, .trace-list').first().waitFor();
        await at.page.keyboard.press('?');
        await at.page.getByRole('dialog', { name: 'Keys' }).waitFor();
        await at.page.keyboard.press('Escape');
        expect(await violations(at.page), place).toEqual([]);
        expect(await at.page.evaluate(() => document.documentElement.scrollWidth), place).toBeLessThanOrEqual(width);
      }
    });
  }
});
