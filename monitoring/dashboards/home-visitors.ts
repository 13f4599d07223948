import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { ENTRANCE, FAILED, orZero, quantile, rate, ratio, SERVED, series, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toService, toSlos } from '../panels/onwards.ts';
import { stat, timeSeries } from '../panels/panels.ts';
import { instant, range } from '../panels/targets.ts';

const AT_ENTRANCE = `${LABELS.service}="${ENTRANCE}"`;
const { outcome } = LABELS;

export const visitorsSection = (): Section => ({
  title: 'What visitors get',
  onwards: [toService(ENTRANCE), toSlos],
  panels: [
    stat({
      title: 'Requests',
      description: `Requests a second that ${ENTRANCE} answers.`,
      unit: 'reqps',
      size: [4, 4],
      query: range(sum(rate(SERVED, AT_ENTRANCE)), ''),
    }),
    stat({
      title: 'Failed',
      description: `Share of ${ENTRANCE}'s answers with a status of 500 or more.`,
      unit: 'percentunit',
      size: [4, 4],
      query: range(ratio(sum(rate(SERVED, AT_ENTRANCE, FAILED)), sum(rate(SERVED, AT_ENTRANCE))), ''),
    }),
    stat({
      title: 'Duration, p95',
      description: `19 of 20 requests to ${ENTRANCE} are answered within this time.`,
      unit: 's',
      size: [4, 4],
      query: range(quantile(0.95, METRICS.requestDuration.name, [], AT_ENTRANCE), ''),
    }),
    stat({
      title: 'In flight',
      description: `Requests that ${ENTRANCE} is answering now.`,
      unit: 'short',
      size: [4, 4],
      query: range(sum(series(METRICS.activeRequests.name, AT_ENTRANCE)), ''),
    }),
    stat({
      title: 'Orders',
      description: 'Orders by outcome in the time range shown (extrapolated from scrapes, so rounded).',
      unit: 'short',
      decimals: 0,
      size: [4, 4],
      query: instant(sum(`increase(${METRICS.orders.name}[$__range])`, outcome), `{{${outcome}}}`),
    }),
    stat({
      title: 'Revenue',
      description: 'Revenue of confirmed orders in the time range shown.',
      unit: 'currencyEUR',
      size: [4, 4],
      query: instant(sum(`increase(${METRICS.revenue.name}[$__range])`)),
    }),
    timeSeries({
      title: 'Load: offered against served',
      description:
        'What k6 sends and what the shop answers. Served below offered means that requests wait or get lost on the way.',
      unit: 'reqps',
      size: [12, 8],
      queries: [
        range(sum(rate(COMPONENT_METRICS.offeredRequests)), 'offered by k6'),
        range(sum(rate(SERVED, AT_ENTRANCE)), `served by ${ENTRANCE}`),
        range(
          orZero(sum(rate(COMPONENT_METRICS.droppedIterations)), sum(rate(COMPONENT_METRICS.offeredRequests))),
          'journeys k6 dropped',
        ),
      ],
    }),
    timeSeries({
      title: 'Duration, p95: seen by k6 against measured by the shop',
      description:
        'A gap between the two is time spent outside the handler: connecting, waiting for the event loop, the network.',
      unit: 's',
      size: [12, 8],
      queries: [
        range(`${quantile(0.95, COMPONENT_METRICS.offeredDuration, [])} / 1000`, 'seen by k6'),
        range(quantile(0.95, METRICS.requestDuration.name, [], AT_ENTRANCE), `measured by ${ENTRANCE}`, { exemplar: true }),
      ],
    }),
    timeSeries({
      title: 'Orders a minute',
      description: 'Orders by outcome.',
      unit: 'cpm',
      size: [12, 7],
      queries: [range(`60 * ${sum(rate(METRICS.orders.name), outcome)}`, `{{${outcome}}}`)],
    }),
    timeSeries({
      title: 'Revenue a minute',
      description: 'Revenue of confirmed orders.',
      unit: 'currencyEUR',
      size: [12, 7],
      queries: [range(`60 * ${sum(rate(METRICS.revenue.name))}`, 'revenue')],
    }),
  ],
});
