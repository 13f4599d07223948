import { randomBytes } from 'node:crypto';
import { ATTRIBUTES, BROWSER, BROWSER_TRACES, type Click, vitalSpan } from '../../telemetry/signals.ts';
import { fail, reach } from './stores.ts';

/** What a browser does on the shop's page, done and measured without one: the page is loaded, a click asks for a product, and the spans are posted. */
export interface Visit {
  /** Trace of the click. */
  traceId: string;
  /** Span of the click's request. */
  requestId: string;
  /** Personal data that this run alone uses, in an address as a careless page would send it. */
  email: string;
}

const CLICK: Click = 'Show details';
const INTERNAL = 1;
const CLIENT = 3;

/** Makes one visit; throws ComponentError where the storefront does not take its spans. */
export async function visit(storefront: string): Promise<Visit> {
  const [traceId, clickId, requestId, vitalId] = [hex(16), hex(8), hex(8), hex(8)];
  const email = `canary-${hex(6)}@example.com`;
  const loading = performance.now();
  const page = await reach('storefront', `${storefront}/`);
  const ttfb = performance.now() - loading;
  if (page.status !== 200) fail('storefront', `its page answers ${page.status}: ${page.text.slice(0, 200)}`);
  const loaded = Date.now();
  const url = `${storefront}/api/products/1`;
  const { status } = await reach('storefront', url, { headers: { traceparent: `00-${traceId}-${requestId}-01` } });
  const answered = Date.now();
  const span = (
    spanId: string,
    name: string,
    kind: number,
    [from, to]: [number, number],
    attributes: Record<string, object>,
  ) => ({
    ...{ traceId, spanId, name, kind, parentSpanId: spanId === clickId ? '' : clickId },
    ...{ startTimeUnixNano: `${from}000000`, endTimeUnixNano: `${to}000000` },
    attributes: Object.entries({ ...attributes, [ATTRIBUTES.synthetic]: { stringValue: 'test' } }).map(([key, value]) => ({
      key,
      value,
    })),
  });
  const posted = await post(storefront, storefront, BROWSER, [
    span(clickId, CLICK, INTERNAL, [loaded, answered], {}),
    span(requestId, 'GET', CLIENT, [loaded, answered], {
      [ATTRIBUTES.method]: { stringValue: 'GET' },
      [ATTRIBUTES.status]: { intValue: status },
      [ATTRIBUTES.url]: { stringValue: `${url}#${email}` },
    }),
    span(vitalId, vitalSpan('ttfb'), INTERNAL, [loaded, loaded], {
      [ATTRIBUTES.vital]: { stringValue: 'ttfb' },
      [ATTRIBUTES.vitalValue]: { doubleValue: ttfb },
    }),
  ]);
  if (posted.status === 404) fail('storefront', 'it takes no spans of the page: BROWSER_OTLP_ENDPOINT is not set');
  if (posted.status !== 200) fail('storefront', `it does not take the page's spans: ${posted.status} ${posted.text}`);
  return { traceId, requestId, email };
}

/** Posts spans as a page of `origin` would, in the name of `service`. */
export function post(storefront: string, origin: string, service: string, spans: object[]) {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  return reach('storefront', storefront + BROWSER_TRACES, {
    method: 'POST',
    headers: { origin: new URL(origin).origin, 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
  });
}

const hex = (bytes: number) => randomBytes(bytes).toString('hex');
