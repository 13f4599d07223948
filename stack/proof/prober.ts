import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { COMPONENT_METRICS } from '../../monitoring/names/component-metrics.ts';
import { DURATION_BUCKETS, LABELS, METRICS, SERVICES, TRACE_ID } from '../../telemetry/signals.ts';
import { addresses } from '../compose/addresses.ts';
import { diskUse } from './disk-use.ts';
import { reach, type Stores, stores } from './stores.ts';

/** By this name the collector knows the prober's traces, and keeps all of them whatever TRACE_SHARE says. */
export const USER_AGENT = 'sightline-prober';

const PORT = 9464;
const PROBE_MS = 15_000;
const DISK_MS = 60_000;
/** Longer than any threshold that a promise can have: what has not come by then is late, however late it is. */
const PATIENCE_SECONDS = 15;
const POLL_MS = 500;
/** How many exemplars are followed each time. */
const EXEMPLARS = 3;
/** An exemplar is followed once its trace must be there: after the longest wait for a sampling decision, and the way to the store. */
const SETTLED_SECONDS = 30;

/**
 * What each store may use of the disk. Prometheus knows its own limit; these two forget by age alone (jaeger-config.yml: 3 days, loki-config.yml: 7),
 * so that how much that is depends on the traffic: with several times the traffic of this stack it is worth a thought.
 */
const DISK_LIMITS = { jaeger: 8 * 2 ** 30, loki: 4 * 2 ** 30 };
const STORES_FOLDER = '/stores';

/** The prober's metrics; names in telemetry/signals.ts. */
function createMetrics(registry: Registry) {
  const common = <K extends keyof typeof METRICS>(key: K, help: string) => ({
    name: METRICS[key].name,
    help,
    labelNames: METRICS[key].labels.map((label) => LABELS[label]),
    registers: [registry],
  });
  return {
    freshness: new Histogram({
      ...common('freshness', 'Seconds until a signal of a request could be queried; above 10 where it could not.'),
      buckets: [...DURATION_BUCKETS],
    }),
    exemplars: new Counter(common('exemplarsChecked', 'Exemplars that were followed to their trace.')),
    used: new Gauge(common('diskUsed', "Bytes of a store's files.")),
    limit: new Gauge(common('diskLimit', 'Bytes that a store may use.')),
  };
}

/** The `prober` service: asks from outside, again and again, whether what the shop does can be found, and says so at /metrics. It ends with SIGTERM. */
export async function prober(): Promise<number> {
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const at = addresses();
  const ask = stores(at, PATIENCE_SECONDS * 1000);
  new Gauge({
    name: COMPONENT_METRICS.residentMemory,
    help: 'Resident memory.',
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  for (const signal of ['traces', 'logs', 'metrics']) metrics.freshness.zero({ [LABELS.signal]: signal });
  for (const result of ['found', 'missing']) metrics.exemplars.inc({ [LABELS.result]: result }, 0);
  for (const [store, bytes] of Object.entries(DISK_LIMITS)) metrics.limit.set({ [LABELS.store]: store }, bytes);

  const server = createServer(async (_request, response) => {
    response.setHeader('content-type', registry.contentType).end(await registry.metrics());
  }).listen(PORT, process.env.INTERNAL_HOST);
  const end = new AbortController();
  process.once('SIGTERM', () => end.abort());
  const every = async (milliseconds: number, work: () => Promise<void>) => {
    while (!end.signal.aborted) {
      const started = performance.now();
      // Who is away is not the prober's to tell: what could not be asked is late, and a store that does not run has an alert of its own.
      await work().catch(() => {});
      await sleep(Math.max(0, milliseconds - (performance.now() - started)), undefined, { signal: end.signal }).catch(() => {});
    }
  };
  await Promise.all([
    every(PROBE_MS, () =>
      probeFreshness(ask, at.storefront, (signal, seconds) => metrics.freshness.observe({ signal }, seconds)),
    ),
    every(PROBE_MS * 2, () => followExemplars(ask, (result) => metrics.exemplars.inc({ result }))),
    every(DISK_MS, async () => {
      for (const store of Object.keys(DISK_LIMITS)) metrics.used.set({ store }, await diskUse(`${STORES_FOLDER}/${store}`));
    }),
  ]);
  server.close();
  return 0;
}

/** One look at a product, and how long until its trace, its log line and its sample can be queried; a signal that does not come is told as the whole wait. */
export async function probeFreshness(
  ask: Stores,
  storefront: string,
  observe: (signal: string, seconds: number) => void,
  patienceSeconds = PATIENCE_SECONDS,
): Promise<void> {
  const answer = await reach('storefront', `${storefront}/api/products/1`, { headers: { 'user-agent': USER_AGENT } });
  const traceId = answer.headers.get('traceresponse')?.split('-')[1];
  if (!traceId || answer.status >= 500) return; // The shop's own promises count that.
  const answered = Date.now();
  const seen: Record<string, () => Promise<boolean>> = {
    traces: async () => (await ask.trace(traceId)).length > 0,
    logs: async () => (await ask.logs(`{${LABELS.service}="${SERVICES[0]}"} | ${TRACE_ID}="${traceId}"`)).length > 0,
    metrics: async () => {
      const [scraped] = await ask.query(
        `max(timestamp(${METRICS.requestDuration.name}_count{${LABELS.service}="${SERVICES[0]}"}))`,
      );
      return Number(scraped?.value[1] ?? 0) * 1000 > answered;
    },
  };
  const since = () => (Date.now() - answered) / 1000;
  await Promise.all(
    Object.entries(seen).map(async ([signal, isThere]) => {
      while (since() < patienceSeconds && !(await isThere().catch(() => false))) await sleep(POLL_MS);
      observe(signal, since());
    }),
  );
}

/** Follows some of the newest exemplars that are old enough, each to its trace. */
export async function followExemplars(ask: Stores, count: (result: 'found' | 'missing') => void): Promise<void> {
  const newest = Date.now() / 1000 - SETTLED_SECONDS;
  const exemplars = await ask.exemplars(`${METRICS.requestDuration.name}_bucket`, new Date((newest - 60) * 1000));
  for (const { labels } of exemplars.filter(({ timestamp }) => timestamp < newest).slice(0, EXEMPLARS)) {
    const spans = await ask.trace(labels[TRACE_ID] ?? '');
    count(spans.length > 0 ? 'found' : 'missing');
  }
}
