import { COMPONENT_METRICS } from '../../monitoring/names/component-metrics.ts';
import {
  BROWSER,
  BROWSER_EDGE,
  CHECKOUT_EDGES,
  EDGES,
  LABELS,
  METRICS,
  SERVICES,
  SPAN_METRICS,
  TRACE_ID,
} from '../../telemetry/signals.ts';
import { alertLinks } from './alert-links.ts';
import { BROWSER_CHECKS, visitedTrace } from './browser.ts';
import type { Check } from './components.ts';
import { wholeTrace } from './context.ts';
import { DATABASE_CHECKS } from './database.ts';
import { grafanaCheck } from './grafana.ts';
import { derivedField, traceToLogs, traceToMetrics } from './links.ts';
import { liveTrace, liveViewCheck } from './live-view.ts';
import { loadedRules } from './rules.ts';
import { fail, until } from './stores.ts';

/** The services that take part in a checkout. */
const CHECKOUT_SERVICES = [...new Set(CHECKOUT_EDGES.flatMap(([client]) => client))];

/** The checkout of this run, and each signal of it. All at once, so that the times to visibility are true. */
export const SIGNALS: Check[] = [
  {
    name: 'checkout',
    needs: ['storefront'],
    seconds: 15,
    run: async (context, seconds) => {
      const { orderId } = await until(
        seconds,
        () => 'storefront: no checkout',
        () => context.probe(),
      );
      return `order ${orderId} confirmed`;
    },
  },
  {
    name: 'trace',
    needs: ['storefront', 'collector', 'jaeger'],
    seconds: 20,
    run: async (context, seconds) => {
      const { traceId, answered } = await context.probe();
      const { spans, services, edges, sql } = await wholeTrace(context, traceId, seconds);
      context.visible.trace = since(answered);
      const statements = Object.values(sql).reduce((sum, count) => sum + count, 0);
      return `${spans} spans, ${services.length} services, ${edges.length} edges, ${statements} SQL spans: ${traceId}`;
    },
  },
  {
    name: 'logs',
    needs: ['storefront', 'loki'],
    seconds: 20,
    run: async (context, seconds) => {
      const { traceId, answered } = await context.probe();
      let missing: string[] = [];
      const lines = await until(
        seconds,
        () => `promtail (or file-log): loki has no line of trace ${traceId} from ${missing.join(', ')}`,
        async () => {
          const found = await context.stores.logs(`{${LABELS.service}=~".+"} | ${TRACE_ID}="${traceId}"`);
          missing = CHECKOUT_SERVICES.filter((service) => !found.some(({ labels }) => labels[LABELS.service] === service));
          return missing.length === 0 ? found : undefined;
        },
      );
      context.visible.log = since(answered);
      return `${lines.length} lines of the trace, from ${CHECKOUT_SERVICES.join(', ')}`;
    },
  },
  {
    name: 'metrics',
    needs: ['storefront', 'prometheus'],
    seconds: 20,
    run: async (context, seconds) => {
      const { answered } = await context.probe();
      // The first scrape after the checkout is the one that holds it.
      const [sample] = await until(
        seconds,
        () => `prometheus: no scrape of orders since the checkout`,
        async () => {
          const samples = await context.stores.query(`timestamp(${METRICS.orders.name}{${LABELS.outcome}="confirmed"})`);
          return samples.some(({ value }) => Number(value[1]) * 1000 > answered) ? samples : undefined;
        },
      );
      context.visible.metric = since(answered);
      return `${METRICS.orders.name} scraped from ${sample?.metric[LABELS.service]}`;
    },
  },
];

/** Everything that leads from one signal to another, and everything the pages show. */
export const LINKS: Check[] = [
  {
    name: 'targets',
    needs: ['prometheus'],
    seconds: 12,
    run: ({ stores, began }, seconds) =>
      until(
        seconds,
        () => 'prometheus: not every target was scraped since this run began',
        async () => {
          const targets = await stores.targets();
          if (!targets.every(({ lastScrape }) => lastScrape > began)) return undefined;
          const down = targets.filter(({ up }) => !up);
          const hosts = [...new Set(down.map(({ host }) => host))].join(', ');
          if (hosts) fail(hosts, `down: ${down.map(({ job, lastError }) => `${job}: ${lastError}`).join('; ')}`);
          if (!targets.some(({ job }) => job === 'log-shipper'))
            fail('promtail', 'neither it nor file-log runs: nothing ships the logs');
          return `${targets.length} up`;
        },
      ),
  },
  {
    name: 'traffic',
    needs: ['prometheus', 'collector'],
    seconds: 20,
    run: ({ stores, began }, seconds) => {
      const { offeredRequests } = COMPONENT_METRICS;
      const last = async (expression: string) => Number((await stores.query(expression))[0]?.value[1] ?? 0);
      let before: number | undefined;
      return until(
        seconds,
        () => 'traffic: sends no requests',
        async () => {
          // Counted from the first scrape of this run: what was sent before it may have been scraped only now.
          if (before === undefined && (await last(`max(timestamp(${offeredRequests}))`)) * 1000 <= began) return undefined;
          const sent = await last(`sum(${offeredRequests})`);
          before ??= sent;
          return sent > before ? `${sent - before} requests more since this run began` : undefined;
        },
      );
    },
  },
  {
    name: 'exemplar -> trace',
    needs: ['prometheus', 'jaeger', 'collector'],
    seconds: 20,
    run: ({ stores, began }, seconds) =>
      until(
        seconds,
        () => `jaeger: has no trace of any exemplar of ${METRICS.requestDuration.name}`,
        async () => {
          const exemplars = await stores.exemplars(`${METRICS.requestDuration.name}_bucket`, new Date(began - 60_000));
          if (exemplars.length === 0) fail('prometheus', `no exemplar of ${METRICS.requestDuration.name} in the last minute`);
          for (const { labels } of exemplars.slice(0, 5)) {
            const traceId = labels[TRACE_ID] ?? fail('prometheus', `an exemplar without ${TRACE_ID}`);
            const spans = await stores.trace(traceId);
            if (spans.length > 0) return `${exemplars.length} exemplars, newest with a trace: ${traceId}`;
          }
          return undefined;
        },
      ),
  },
  { name: 'log line -> trace', needs: ['storefront', 'loki', 'promtail', 'jaeger', 'collector'], seconds: 20, run: derivedField },
  { name: 'trace -> logs', needs: ['storefront', 'loki', 'promtail', 'jaeger', 'collector'], seconds: 20, run: traceToLogs },
  { name: 'trace -> metrics', needs: ['storefront', 'jaeger', 'prometheus', 'collector'], seconds: 30, run: traceToMetrics },
  {
    name: 'service graph',
    needs: ['storefront', 'prometheus', 'collector'],
    seconds: 30,
    run: async ({ stores, visit }, seconds) => {
      await visit();
      const expected = [...EDGES, BROWSER_EDGE, ['user', 'storefront']]
        .map(([client, server]) => `${client} -> ${server}`)
        .sort();
      let seen: string[] = [];
      const different = () => {
        const missing = expected.filter((edge) => !seen.includes(edge));
        const unknown = seen.filter((edge) => !expected.includes(edge));
        return [missing.length > 0 && `lacks ${missing.join(', ')}`, unknown.length > 0 && `has unknown ${unknown.join(', ')}`]
          .filter(Boolean)
          .join('; ');
      };
      return until(
        seconds,
        () => `collector: the service graph ${different()}`,
        async () => {
          const samples = await stores.query(`sum by (${LABELS.client}, ${LABELS.serverNode}) (${SPAN_METRICS.edgeRequests})`);
          seen = samples.map(({ metric }) => `${metric[LABELS.client]} -> ${metric[LABELS.serverNode]}`);
          return different() === '' ? `${expected.length} edges, as signals.ts has them` : undefined;
        },
      );
    },
  },
  {
    name: 'span metrics',
    needs: ['storefront', 'prometheus', 'collector'],
    seconds: 30,
    run: async ({ stores, visit }, seconds) => {
      await visit();
      const expected = [...SERVICES, BROWSER];
      let missing: readonly string[] = expected;
      return until(
        seconds,
        () => `collector: no recent span metrics of ${missing.join(', ')}`,
        async () => {
          const samples = await stores.query(`sum by (${LABELS.service}) (increase(${SPAN_METRICS.calls}[1m])) > 0`);
          missing = expected.filter((service) => !samples.some(({ metric }) => metric[LABELS.service] === service));
          return missing.length === 0 ? `calls of ${expected.join(', ')} in the last minute` : undefined;
        },
      );
    },
  },
  {
    name: 'personal data',
    needs: ['storefront', 'jaeger', 'loki', 'prometheus', 'collector', 'live'],
    seconds: 30,
    run: async (context, seconds) => {
      const { traceId, searchTraceId, canaries } = await context.probe();
      await wholeTrace(context, traceId, seconds);
      const visited = await context.visit();
      const page = await visitedTrace(context, seconds);
      const { stores } = context;
      const spans = await until(
        seconds,
        () => `jaeger: no trace ${searchTraceId}`,
        async () => {
          const found = await stores.trace(searchTraceId);
          return found.length > 0 ? found : undefined;
        },
      );
      const held = {
        jaeger: JSON.stringify([spans, page, await stores.trace(traceId)]),
        loki: JSON.stringify(await stores.logs(`{${LABELS.service}=~".+"} | ${TRACE_ID}=~"${traceId}|${searchTraceId}"`)),
        prometheus: (await stores.labelValues()).join('\n'),
        live: JSON.stringify(await Promise.all([traceId, searchTraceId, visited.traceId].map((id) => liveTrace(context, id)))),
      };
      for (const [store, text] of Object.entries(held)) {
        for (const [kind, value] of Object.entries({ ...canaries, 'address in a URL': visited.email })) {
          if (text.includes(value) || text.includes(encodeURIComponent(value)))
            fail(store, `holds the ${kind} of this run's checkout`);
        }
      }
      return `the card number and the e-mail address of trace ${traceId} are in no store`;
    },
  },
  liveViewCheck,
  ...BROWSER_CHECKS,
  ...DATABASE_CHECKS,
  loadedRules,
  alertLinks,
  grafanaCheck,
];

const since = (milliseconds: number) => (Date.now() - milliseconds) / 1000;
