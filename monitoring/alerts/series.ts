import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { SERVED } from '../names/promql.ts';
import { counter, gauge, type Series, type Stretch } from '../rules/scenario.ts';

/** How long a healthy course of a test is, in minutes. */
export const CALM = 30;

/** Requests that a service answers with `status`, as increase per second. */
export const served = (service: string, status: string, ...course: Stretch[]): Series =>
  counter(
    SERVED,
    {
      job: 'shop',
      [LABELS.service]: service,
      [LABELS.method]: 'GET',
      [LABELS.route]: '/things',
      [LABELS.status]: status,
    },
    ...course,
  );

/** Of the same requests those that were answered within `bound` seconds. */
export const servedWithin = (bound: string, service: string, ...course: Stretch[]): Series => {
  const { labels } = served(service, '200');
  return counter(`${METRICS.requestDuration.name}_bucket`, { ...labels, le: bound }, ...course);
};

/** Whether the scrape of a target succeeded. */
export const up = (job: string, labels: Record<string, string>, ...course: Stretch[]): Series =>
  gauge('up', { job, ...labels }, ...course);
