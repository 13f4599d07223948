import { LABELS, SERVICES, SPAN_METRICS } from '../telemetry/signals.ts';
import { COMPONENT_METRICS } from './names/component-metrics.ts';
import { ENTRANCE, rateOver, SERVED, sum } from './names/promql.ts';

/** What telemetry may cost: `npm run verify` measures each, and fails beyond it. */
interface Budget {
  /** What is counted. */
  what: string;
  /** PromQL: one value, or one for each value of the label `per`. */
  measure: string;
  per?: string;
  most: number;
  /** Why so much and no more. */
  because: string;
}

const every = '{__name__=~".+"}';
const requests = sum(rateOver('5m', SERVED, `${LABELS.service}="${ENTRANCE}"`));

/** Limits are some three times what the shop has under its steady load, faults and all: room for a feature, none for a label that holds ids. */
export const BUDGETS: readonly Budget[] = [
  {
    what: 'series of one service',
    measure: `count by (${LABELS.service}) (${every})`,
    per: LABELS.service,
    most: 2500,
    because: 'The largest has seven hundred: routes, operations and callers, each times the buckets of a histogram.',
  },
  {
    what: 'series of one metric',
    measure: `count by (__name__) (${every})`,
    per: '__name__',
    most: 2500,
    because:
      'The largest, the histogram of spans, has seven hundred. A label with a value for each visitor passes this in minutes.',
  },
  {
    what: 'samples a second',
    measure: sum(rateOver('5m', COMPONENT_METRICS.samplesAppended)),
    most: 5000,
    because:
      'The shop has 1,800. Prometheus writes one to two bytes each and keeps 8 GB: with more it cannot hold the month that a promise is about.',
  },
  {
    what: 'log bytes a request',
    measure: `${sum(rateOver('5m', COMPONENT_METRICS.lokiBytesReceived))} / ${requests}`,
    most: 8192,
    because: 'A request has one thousand; a log in a loop is a hundred times that.',
  },
  {
    what: 'spans a request',
    measure: `${sum(rateOver('5m', SPAN_METRICS.calls, `${LABELS.service}=~"${SERVICES.join('|')}"`))} / ${requests}`,
    most: 20,
    because: 'A checkout has 25, most looks a handful: 7 in the mean. What asks once for each row of an answer shows here.',
  },
];

/** Values of one label, in all metrics together. */
export const LABEL_VALUES = {
  most: 250,
  because:
    'A label is for choosing; what has more values than a menu can show belongs into a span or a log line. The most has 63.',
  /** Of these the number follows from the number of metrics. */
  others: { __name__: 2000, le: 500 } as Record<string, number>,
};
