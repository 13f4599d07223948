/** Choosing an interval of time in Chromium: by dragging, by presets, by typing, and by address. */
import { describe, expect, it } from 'vitest';
import { startLive } from '../server/main.ts';
import { traces } from '../server/testing/requests.ts';
import { violations } from './testing/axe.ts';
import { CHROMIUM } from './testing/browser.ts';
import { usePage } from './testing/page.ts';
import { GAUGE, STEP_MS, send, startPast } from './testing/past.ts';

const MINUTE = 60_000;

describe.skipIf(!CHROMIUM)('an interval of time', () => {
  const at = usePage(startPast);
  const { open, live } = at;
  const rows = () => at.page.getByRole('list', { name: 'Traces found' }).getByRole('listitem');
  const notLive = () => at.page.getByText('Not live:');
  const control = () => at.page.getByRole('dialog', { name: 'Interval of time' });
  const choose = async (preset: string) => {
    await at.page.getByRole('button', { name: /^Interval of time/ }).click();
    await control().getByRole('button', { name: preset, exact: true }).click();
  };
  /** Both ends in the address. */
  const chosen = async (): Promise<[number, number]> => {
    await at.page.waitForURL(/[?&]to=\d+/);
    const { searchParams } = new URL(at.page.url());
    return [Number(searchParams.get('from')), Number(searchParams.get('to'))];
  };
  const happened = (fromMs: number, toMs: number) => at.world.timesMs.filter((ms) => ms >= fromMs && ms <= toMs).length;

  /** Presses at one share of a chart's width and lets go at another. */
  const drag = async (chart: string, from: number, to: number, release = true) => {
    const box = await at.page.locator(chart).first().boundingBox();
    if (!box) throw new Error(`${chart} has no box`);
    const y = box.y + box.height * 0.3;
    await at.page.mouse.move(box.x + box.width * from, y);
    await at.page.mouse.down();
    await at.page.mouse.move(box.x + box.width * to, y, { steps: 4 });
    if (release) await at.page.mouse.up();
  };

  it('dragged over the traces shows those of that stretch, stays on the way to Logs and Metrics and over a reload, and ends by Esc', async () => {
    await open('/traces');
    await expect.poll(() => rows().count()).toBe(50);
    await drag('.scatter', 0.25, 0.5);
    const [fromMs, toMs] = await chosen();
    const wanted = happened(fromMs, toMs);
    expect(wanted).toBeGreaterThan(9);
    expect(wanted).toBeLessThan(16);
    await notLive().waitFor();
    await expect.poll(() => rows().count()).toBe(wanted);
    await at.page.reload();
    await notLive().waitFor();
    await expect.poll(() => rows().count()).toBe(wanted);

    const pages = at.page.getByRole('navigation', { name: 'Pages' });
    await pages.getByRole('link', { name: 'Logs' }).click();
    await at.page.getByText(`${wanted} lines`, { exact: true }).waitFor();
    expect(await at.page.locator('.log-list li').count()).toBe(wanted);
    await pages.getByRole('link', { name: 'Metrics' }).click();
    await at.page.locator('.chart canvas').waitFor();
    // The mean of the points: each is the number of its step.
    const first = at.world.timesMs.findIndex((ms) => ms >= fromMs);
    await at.page.getByRole('cell', { name: String(first + (wanted - 1) / 2), exact: true }).waitFor();
    expect(await chosen()).toEqual([fromMs, toMs]);

    await at.page.keyboard.press('Escape');
    await expect.poll(() => at.page.url()).not.toContain('from=');
    await expect.poll(() => notLive().count()).toBe(0);
    await at.page.goBack();
    await notLive().waitFor();
  });

  it('chosen by a preset stands still while more comes in, and one click leads back', async () => {
    await open('/traces');
    await choose('Last 5 min');
    const [fromMs, toMs] = await chosen();
    expect(toMs - fromMs).toBe(5 * MINUTE);
    await expect.poll(() => rows().count()).toBe(happened(fromMs, toMs));
    await send(at.world.live, 'traces', traces('shop', [{ name: 'the newcomer', startMs: Date.now() + 1 }]));
    // For some seconds it is asked again: what is of the interval may come late.
    await at.page.waitForResponse((response) => response.url().includes('/api/traces?'));
    await at.page.waitForResponse((response) => response.url().includes('/api/traces?'));
    expect(await rows().count()).toBe(happened(fromMs, toMs));
    await at.page.getByRole('button', { name: 'Back to live' }).click();
    await at.page.getByText('the newcomer').waitFor();
    await choose('All held');
    await expect.poll(() => rows().count()).toBe(at.world.timesMs.length + 1);
  });

  it('can be typed, from the keyboard alone, in the zone that is shown', async () => {
    await open('/traces?tz=Asia/Kathmandu');
    await live();
    await at.page.keyboard.press('t');
    await at.page.keyboard.type('-4m');
    await at.page.keyboard.press('Tab');
    await at.page.keyboard.type('-2m');
    await at.page.keyboard.press('Enter');
    const [fromMs, toMs] = await chosen();
    expect(toMs - fromMs).toBe(2 * MINUTE);
    await expect.poll(() => rows().count()).toBe(happened(fromMs, toMs));
    await expect.poll(() => control().isVisible()).toBe(false);

    const [clockFrom, clockTo] = [fromMs, toMs].map((ms) =>
      new Intl.DateTimeFormat('sv', { timeZone: 'Asia/Kathmandu', dateStyle: 'short', timeStyle: 'medium' }).format(ms),
    );
    await at.page.keyboard.press('t');
    await control()
      .getByLabel('From')
      .fill(clockFrom ?? '');
    await control()
      .getByLabel('To')
      .fill(clockTo ?? '');
    await at.page.keyboard.press('Enter');
    await expect.poll(chosen).toEqual([fromMs, toMs].map((ms) => Math.floor(ms / 1000) * 1000));
  });

  it('that cannot be read is answered by one line; the open control has nothing that axe objects to', async () => {
    for (const [width, scheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const) {
      await at.page.setViewportSize({ width, height: 844 });
      await at.page.emulateMedia({ colorScheme: scheme });
      await open('/logs?from=soon');
      await at.page.getByText('Shown live instead of what the address says. From "soon" is no time').waitFor();
      await live();
      await at.page.getByRole('button', { name: /^Interval of time/ }).click();
      await control().getByLabel('From').fill('yesterday');
      await control().getByLabel('From').press('Enter');
      await control()
        .getByRole('alert')
        .getByText(/^From "yesterday" is no time: write 14:03,/)
        .waitFor();
      expect(await control().getByLabel('From').getAttribute('aria-invalid')).toBe('true');
      expect(await violations(at.page)).toEqual([]);
      await at.page.keyboard.press('Escape');
      await expect.poll(() => control().isVisible()).toBe(false);
      await choose('Last 1 min');
      await notLive().waitFor();
      expect(await violations(at.page)).toEqual([]);
      expect(await at.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });

  it.each([
    ['/', '.sparkline'],
    ['/logs', '.log-histogram'],
    [`/metric/${GAUGE}`, '.chart .u-over'],
    ['/health', '.rate-line'],
  ])('can be dragged over the charts of %s, unless Esc gives it up', async (path, chart) => {
    await open(path);
    await live();
    await at.page.locator(chart).first().waitFor();
    await drag(chart, 0.6, 0.3, false);
    await at.page.locator('.drag-stretch').waitFor();
    await at.page.keyboard.press('Escape');
    await at.page.mouse.up();
    expect(await at.page.locator('.drag-stretch').count()).toBe(0);
    expect(at.page.url()).not.toContain('from=');
    await drag(chart, 0.6, 0.3);
    const [fromMs, toMs] = await chosen();
    expect(toMs).toBeGreaterThan(fromMs);
    expect(toMs).toBeLessThan(Date.now());
    expect(fromMs).toBeGreaterThan(Date.now() - 15 * MINUTE);
    await at.page.getByRole('button', { name: 'Back to live' }).waitFor();
  });

  it('shows on the first page what its services did then', async () => {
    await open('/');
    await live();
    const { timesMs } = at.world;
    const [fromMs, toMs] = [timesMs[10] ?? 0, timesMs[39] ?? 0];
    await open(`/?from=${Math.floor(fromMs)}&to=${Math.ceil(toMs)}`);
    await at.page.getByRole('heading', { name: 'Then' }).waitFor();
    await notLive().waitFor();
    const tile = at.page.getByRole('article', { name: 'shop' });
    // Thirty traces in 290 seconds.
    await tile.getByText('0.1', { exact: true }).waitFor();
    const slowest = at.page.getByRole('region', { name: 'Slowest traces' });
    await slowest.getByText('step 39').waitFor();
    expect(await slowest.getByText('step 40').count()).toBe(0);
    await at.page.getByRole('region', { name: 'Busiest operations' }).getByText('step 10').waitFor();
    await at.page.getByRole('button', { name: 'Back to live' }).click();
    await at.page.getByRole('heading', { name: 'Now' }).waitFor();
  });

  it('in an address counts from the moment it is opened', async () => {
    await open('/logs?from=-3m&to=-1m');
    const [fromMs, toMs] = await chosen();
    expect(toMs - fromMs).toBe(2 * MINUTE);
    expect(Math.abs(Date.now() - MINUTE - toMs)).toBeLessThan(10_000);
    await at.page.getByText(`${happened(fromMs, toMs)} lines`, { exact: true }).waitFor();
  });

  it('leads along: from a trace to its log lines by the time around it, and from a list to a trace and back', async () => {
    await open('/traces');
    await choose('Last 5 min');
    const before = await chosen();
    await rows().last().click();
    await at.page.getByText('A trace is shown whole.').waitFor();
    expect(await chosen()).toEqual(before);
    await at.page.getByRole('tab', { name: /^logs/ }).click();
    await at.page.getByRole('link', { name: 'Open in Logs' }).click();
    await at.page.getByText('1 line', { exact: true }).waitFor();
    const [fromMs, toMs] = await chosen();
    expect(toMs - fromMs).toBeGreaterThanOrEqual(2 * MINUTE);
    expect(toMs - fromMs).toBeLessThan(2 * MINUTE + 1000);
    expect(happened(fromMs + MINUTE - 1, toMs - MINUTE)).toBe(1);
  });

  it('says so where it begins before what is held', async () => {
    const small = await startLive({
      ports: { grpc: 0, http: 0, page: 0 },
      staticFolder: at.world.staticFolder,
      caps: { traces: 64 * 1024 },
    });
    await at.page.goto(small.loginUrl);
    await send(small, 'traces', traces('shop', [{ name: 'first' }]));
    await at.page.goto(`${small.url}/traces?from=-${STEP_MS}ms`);
    await at.page.getByText(/No span came before /).waitFor();
    const many = Array.from({ length: 2_000 }, (_, i) => ({ name: `span ${i}`, attributes: { i } }));
    await send(small, 'traces', traces('shop', many));
    await at.page.reload();
    await at.page.getByText(/Partly evicted: the oldest span held came at /).waitFor();
    // What the page still loads when its server ends would be a fault.
    await at.page.goto('about:blank');
    await small.close();
  });
});
