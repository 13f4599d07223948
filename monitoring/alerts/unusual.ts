import { LABELS } from '../../telemetry/signals.ts';
import type { Alert } from '../rules/alert.ts';
import { label } from '../rules/alert-links.ts';
import { ANOMALY_SERIES } from '../rules/anomaly-rules.ts';
import { gauge } from '../rules/scenario.ts';
import { CALM } from './series.ts';

const { service } = LABELS;
const SERVICE = label(service);
const links = { dashboard: 'service', variables: { service: SERVICE }, traces: { service: SERVICE } } as const;
const of = (name: string) => ({ anomaly_name: name, anomaly_strategy: 'robust', [service]: 'orders' });
const mayBeEmpty = 'a band exists once half of its past was seen: a quarter of an hour for the demo, half a day in production';

/** What is unusual for a service: its own past is the measure (anomalies.ts; the bands have tests of their own). */
export const UNUSUAL_ALERTS = {
  RateUnusual: {
    severity: 'ticket',
    symptom: `${SERVICE} is asked far more or far less often than usual.`,
    measure: `${ANOMALY_SERIES.outside}{anomaly_name="rate"}`,
    mayBeEmpty,
    fires: '> 0',
    unit: 'perSecond',
    for: ['2m', 'a single odd minute is none'],
    keepFiringFor: ['2m', 'along the edge of a band it would come and go'],
    predicts: 'More of it fills pools and queues, less of it means that somebody before this service fails.',
    links,
    healthy: [gauge(ANOMALY_SERIES.outside, of('rate'), [CALM, 0])],
    scenarios: [
      {
        name: 'ten requests a second above the band',
        series: [gauge(ANOMALY_SERIES.outside, of('rate'), [10, 0], [10, 10], [20, 0])],
        firing: [13, 19],
        quiet: [9, 11, 25],
        labels: of('rate'),
      },
    ],
  },
  LatencyUnusual: {
    severity: 'ticket',
    symptom: `${SERVICE} answers far slower than usual.`,
    measure: `${ANOMALY_SERIES.outside}{anomaly_name="p95"}`,
    mayBeEmpty,
    fires: '> 0',
    unit: 'seconds',
    for: ['2m', 'a single odd minute is none'],
    keepFiringFor: ['2m', 'along the edge of a band it would come and go'],
    predicts: 'It notices what is slow for this service though still within what is promised.',
    links,
    healthy: [gauge(ANOMALY_SERIES.outside, of('p95'), [CALM, 0])],
    scenarios: [
      {
        name: 'half a second above the band',
        series: [gauge(ANOMALY_SERIES.outside, of('p95'), [10, 0], [10, 0.5], [20, 0])],
        firing: [13, 19],
        quiet: [9, 11, 25],
        labels: of('p95'),
      },
    ],
  },
} as const satisfies Record<string, Alert>;
