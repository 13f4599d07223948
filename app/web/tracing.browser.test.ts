/** The shop's page in Chromium, on the real shop and a real live view: what becomes of a click. */
import { describe, expect, it } from 'vitest';
import { CHROMIUM } from '../../live/web/testing/browser.ts';
import { startLiveShop } from '../../live/web/testing/live-shop.ts';
import { usePage } from '../../live/web/testing/page.ts';
import { ATTRIBUTES, BROWSER, BROWSER_TRACES, DATABASE, VITALS, vitalSpan } from '../../telemetry/signals.ts';
import { eventually } from '../../telemetry/testing/wait.ts';

interface Span {
  service: string;
  name: string;
  spanId: string;
  parentSpanId?: string;
  /** OTLP's numbers: 1 internal, 2 server, 3 client. */
  kind: number;
  attributes: { key: string; value: { stringValue?: string } }[];
  links?: { traceId: string }[];
}
interface TracesData {
  resourceSpans?: {
    resource: { attributes: { key: string; value: { stringValue: string } }[] };
    scopeSpans: { spans: Omit<Span, 'service'>[] }[];
  }[];
}

const parentIn = (spans: Span[], { parentSpanId }: Span) => spans.find(({ spanId }) => spanId === parentSpanId);
const rootsOf = (spans: Span[]) => spans.filter((span) => !parentIn(spans, span));

describe.skipIf(!CHROMIUM)("the shop's page", () => {
  const at = usePage(startLiveShop);

  const api = async <T>(path: string): Promise<T> => {
    const { live } = at.world;
    return (await fetch(`${live.url}/api/${path}`, { headers: { authorization: `Bearer ${live.key}` } })).json() as Promise<T>;
  };
  const spansOf = async (traceId: string): Promise<Span[]> => {
    const { resourceSpans = [] } = await api<TracesData>(`traces/${traceId}`);
    return resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
      return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })));
    });
  };
  const tracesOf = async (operation: string) =>
    (await api<{ traces: { traceId: string }[] }>(`traces?service=${BROWSER}&operation=${encodeURIComponent(operation)}`)).traces;
  const text = (span: Span | undefined, key: string) => span?.attributes?.find((one) => one.key === key)?.value.stringValue;

  /** Opens the shop and waits for the first spans to be taken: from then on clicks are traced. */
  async function openShop() {
    const first = at.page.waitForResponse((response) => response.url().endsWith(BROWSER_TRACES));
    await at.page.goto(at.world.shopUrl);
    expect((await first).status()).toBe(200);
  }
  /** Clicks, and returns the trace id that the strip shows for it. */
  async function click(name: RegExp, label: RegExp): Promise<string> {
    await at.page.getByRole('button', { name }).first().click();
    const shown = at.page.locator('#latest .click', { hasText: label }).locator('.trace code');
    await shown.waitFor();
    return (await shown.textContent()) ?? '';
  }

  it('makes a click the root of one trace, down to PostgreSQL, and shows its id', async () => {
    await openShop();
    const traceId = await click(/^Buy /, /^\s*Buy /);
    const spans = await eventually('the whole trace', async () => {
      const held = await spansOf(traceId);
      const services = new Set(held.map(({ service }) => service));
      return services.size === 5 && rootsOf(held).length === 1 && held;
    });
    expect(rootsOf(spans)).toMatchObject([{ service: BROWSER, name: 'Buy', kind: 1 }]);
    const query = spans.find((span) => span.service === 'payments' && text(span, ATTRIBUTES.dbSystem) === DATABASE);
    const way: string[] = [];
    // Express' own spans of its handlers (kind 1) lie between those that go from process to process.
    for (let span = query; span; span = parentIn(spans, span))
      if (span.service === BROWSER || span.kind !== 1) way.unshift(`${span.service} ${span.kind}`);
    expect(way).toEqual([
      `${BROWSER} 1`,
      ...[`${BROWSER} 3`, 'storefront 2'],
      ...['storefront 3', 'orders 2'],
      ...['orders 3', 'payments 2'],
      'payments 3',
    ]);
    await at.open(`/traces/${traceId}`);
    await at.waterfall().waitFor();
    await at.page.getByRole('heading', { name: `${BROWSER} Buy` }).waitFor();
    await at.open('/');
    // Of the map: the list of operations may have one, too.
    await at.page.getByRole('button', { name: new RegExp(`^${BROWSER} \\d`) }).waitFor();
  });

  it('reports Web Vitals: as metrics, in the trace of the load, and the slowest interaction in that of its click', async () => {
    await openShop();
    const traceId = await click(/^Details of /, /^\s*Details of /);
    await at.page.goto('about:blank');
    const { internalPort } = at.world.shop.ports.storefront;
    await eventually('every vital', async () => {
      const exposition = await (await fetch(`http://127.0.0.1:${internalPort}/metrics`)).text();
      const counts = exposition.split('\n').filter((line) => /^browser_web_vital\w*_count\b/.test(line));
      return counts.length === VITALS.length && counts.every((line) => !line.endsWith(' 0'));
    });
    const names = (spans: Span[]) => spans.map(({ name }) => name);
    await eventually('the slowest interaction', async () => names(await spansOf(traceId)).includes(vitalSpan('inp')));
    const load = (await tracesOf('documentLoad'))[0]?.traceId ?? '';
    const spans = await eventually('the load', async () => {
      const held = await spansOf(load);
      return (['ttfb', 'fcp', 'lcp', 'cls'] as const).every((vital) => names(held).includes(vitalSpan(vital))) && held;
    });
    const [link] = spans.find(({ name }) => name === 'documentFetch')?.links ?? [];
    expect(await spansOf(link?.traceId ?? '')).toContainEqual(expect.objectContaining({ service: 'storefront', name: 'GET /' }));
    expect(names(spans).filter((name) => name === 'resourceFetch').length).toBeGreaterThan(3);
  });

  it('tells nobody what was searched for, nor who it is', async () => {
    await openShop();
    await at.page.goto(`${at.world.shopUrl}?search=private`);
    await at.page.getByRole('searchbox').fill('secret walnut');
    const batch = at.page.waitForRequest((request) => (request.postData() ?? '').includes('"Search"'));
    const traceId = await click(/^Search$/, /^\s*Search /);
    expect((await batch).postData()).not.toMatch(/walnut|private/);
    const own = (spans: Span[]) => spans.filter(({ service }) => service === BROWSER);
    const spans = await eventually('its request', async () => {
      const held = own(await spansOf(traceId));
      return held.some(({ kind }) => kind === 3) && held;
    });
    expect(
      text(
        spans.find(({ kind }) => kind === 3),
        ATTRIBUTES.url,
      ),
    ).toBe(`${at.world.shopUrl}/api/products`);
    expect(JSON.stringify(spans)).not.toMatch(/user_agent|user\.id|session/);
  });

  it('shows first and traces after, and works alike where the tracing cannot be had', async () => {
    const order: string[] = [];
    at.page.on('request', (request) => order.push(new URL(request.url()).pathname));
    await openShop();
    expect(order.indexOf('/tracing.js')).toBeGreaterThan(order.indexOf('/api/products'));
    await at.page.route('**/tracing.js', (route) => route.abort());
    await at.page.goto(at.world.shopUrl);
    await at.page.getByText(/^[\d,]+ products\.$/).waitFor();
    const traceId = await click(/^Buy /, /^\s*Buy /);
    await eventually('a trace that begins at the storefront', async () => {
      const spans = await spansOf(traceId);
      return spans.some(({ service, parentSpanId }) => service === 'storefront' && !parentSpanId);
    });
    await at.page.unroute('**/tracing.js');
    await at.page.route(`**${BROWSER_TRACES}`, (route) => route.abort());
    const failed = at.page.waitForEvent('requestfailed', (request) => request.url().endsWith(BROWSER_TRACES));
    await at.page.goto(at.world.shopUrl);
    await failed;
    expect(await click(/^Buy /, /^\s*Buy /)).toMatch(/^[0-9a-f]{32}$/);
    // The browser's own words for a request that failed; the page throws nothing.
    expect(at.faults.filter((fault) => !fault.startsWith('Failed to load resource'))).toEqual([]);
    at.faults.length = 0;
  });

  it('leaves no trace of its reports: neither spans, nor requests in the metrics, nor log lines', async () => {
    const { internalPort } = at.world.shop.ports.storefront;
    const exposition = await (await fetch(`http://127.0.0.1:${internalPort}/metrics`)).text();
    expect(exposition).toMatch(/^browser_relay_requests_total\{outcome="taken"\} [1-9]/m);
    expect(exposition).not.toContain(`http_route="${BROWSER_TRACES}"`);
    expect(exposition).toMatch(/^browser_relay_spans_total\{outcome="lost"\} 0$/m);
    const { operations } = await api<{ operations: { operation: string }[] }>('operations?service=storefront');
    expect(JSON.stringify(operations)).not.toContain(BROWSER_TRACES);
    const { logs } = await api<{ logs: object[] }>('logs?service=storefront&limit=500');
    expect(logs.length).toBeGreaterThan(5);
    expect(JSON.stringify(logs)).not.toContain(BROWSER_TRACES);
  });
});
