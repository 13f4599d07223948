import { BROWSER, CLICKS, LABELS, METRICS, SPAN_METRICS } from '../../telemetry/signals.ts';
import type { Addresses } from '../names/links.ts';
import { ENTRANCE, quantile, rate, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toService, toTraces } from '../panels/onwards.ts';
import { timeSeries } from '../panels/panels.ts';
import { range } from '../panels/targets.ts';

const { service, spanName, spanKind, vital, outcome } = LABELS;
const OF_PAGE = `${service}="${BROWSER}"`;
const NOBODY = 'nobody has used the page in a browser for a while';

/** What visitors' browsers say of the page: it reaches Prometheus by the storefront, which takes the page's spans. */
export const browserSection = (at: Addresses): Section => ({
  title: 'In the browser',
  onwards: [toTraces(at, BROWSER), toService(ENTRANCE)],
  panels: [
    timeSeries({
      title: 'Web Vitals, p75',
      description:
        'Three of four visits are as quick or quicker. Good is up to 0.8 s for ttfb, 1.8 s for fcp, 2.5 s for lcp, 0.2 s for inp. Each diamond is one visit: click it to open its trace.',
      unit: 's',
      size: [12, 8],
      queries: [range(quantile(0.75, METRICS.webVital.name, [vital]), `{{${vital}}}`, { exemplar: true })],
    }),
    timeSeries({
      title: 'Duration of a request, p95: seen by the browser against measured by the shop',
      description: `What a click waits for, and what ${ENTRANCE} measures. The gap is the network, and the browser's queue.`,
      unit: 's',
      size: [12, 8],
      mayBeEmpty: NOBODY,
      queries: [
        range(
          quantile(0.95, SPAN_METRICS.duration, [], OF_PAGE, `${spanKind}="${SPAN_METRICS.kindClient}"`),
          'seen by the browser',
        ),
        range(quantile(0.95, METRICS.requestDuration.name, [], `${service}="${ENTRANCE}"`), `measured by ${ENTRANCE}`),
      ],
    }),
    timeSeries({
      title: 'Clicks a minute',
      description: 'What visitors do on the page.',
      unit: 'cpm',
      size: [8, 7],
      mayBeEmpty: NOBODY,
      queries: [
        range(
          `60 * ${sum(rate(SPAN_METRICS.calls, OF_PAGE, `${spanName}=~"${CLICKS.join('|')}"`), spanName)}`,
          `{{${spanName}}}`,
        ),
      ],
    }),
    timeSeries({
      title: 'Layout shift, p75',
      description: 'The score of three of four visits (cls): how much the page moved under the visitor. Good is up to 0.1.',
      unit: 'none',
      size: [8, 7],
      mayBeEmpty: 'a browser says it when its visitor leaves the page',
      queries: [range(quantile(0.75, METRICS.layoutShift.name, []), 'cls')],
    }),
    timeSeries({
      title: 'Reports of pages',
      description: `Requests with a page's spans, by what became of them at ${ENTRANCE}: taken, lost on the way on, or why they were refused.`,
      unit: 'reqps',
      size: [8, 7],
      queries: [range(sum(rate(METRICS.browserRequests.name), outcome), `{{${outcome}}}`)],
    }),
  ],
});
