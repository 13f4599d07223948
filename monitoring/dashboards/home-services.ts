import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { type Addresses, jaegerSearch, serviceDashboard, variable } from '../names/links.ts';
import { CHOSEN, ENTRANCE, FAILED, quantile, rate, ratio, SERVED, series, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toService, toSlos } from '../panels/onwards.ts';
import { timeSeries } from '../panels/panels.ts';
import { range } from '../panels/targets.ts';

const { service } = LABELS;

export function servicesSection(at: Addresses): Section {
  const value = variable(`__field.labels.${service}`);
  const links = [
    { title: `Traces of ${value} in Jaeger`, url: jaegerSearch(at, value), targetBlank: true },
    { title: `Dashboard of ${value}`, url: serviceDashboard(value), targetBlank: false },
  ];
  const legend = `{{${service}}}`;
  const all = sum(rate(SERVED, CHOSEN), service);
  const duration = (q: number) => quantile(q, METRICS.requestDuration.name, [], CHOSEN);
  return {
    title: 'Services: $service',
    onwards: [toService(ENTRANCE), toSlos],
    panels: [
      timeSeries({
        title: 'Request rate',
        description: 'Requests a second that each service answers.',
        unit: 'reqps',
        size: [8, 8],
        links,
        queries: [range(all, legend)],
      }),
      timeSeries({
        title: 'Error ratio',
        description: "Share of each service's answers with a status of 500 or more.",
        unit: 'percentunit',
        size: [8, 8],
        links,
        queries: [range(ratio(sum(rate(SERVED, CHOSEN, FAILED), service), all), legend)],
      }),
      timeSeries({
        title: 'In flight by service',
        description: 'Requests that each service is answering now.',
        unit: 'short',
        size: [8, 8],
        links,
        queries: [range(sum(series(METRICS.activeRequests.name, CHOSEN), service), legend)],
      }),
      timeSeries({
        title: 'Duration: p50, p95, p99',
        description:
          'Time to answer a request, over all chosen services. Each diamond is one request: click it to open its trace.',
        unit: 's',
        size: [12, 9],
        queries: [0.5, 0.95, 0.99].map((q) => range(duration(q), `p${q * 100}`, { exemplar: true })),
      }),
      timeSeries({
        title: 'Duration, p95 by service',
        description: '19 of 20 requests to a service are answered within this time.',
        unit: 's',
        size: [12, 9],
        links,
        queries: [range(quantile(0.95, METRICS.requestDuration.name, [service], CHOSEN), legend, { exemplar: true })],
      }),
    ],
  };
}
