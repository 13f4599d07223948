import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { rate, sum } from '../names/promql.ts';
import type { Section } from '../panels/layout.ts';
import { toShop, toSlos } from '../panels/onwards.ts';
import { timeSeries } from '../panels/panels.ts';
import { range } from '../panels/targets.ts';

const M = COMPONENT_METRICS;

/** From a scrape to a rule to a message. */
export const metricsPipeline = (): Section => ({
  title: 'Metrics, rules and notifications, hop by hop',
  onwards: [toShop, toSlos],
  panels: [
    timeSeries({
      title: 'Scrapes: samples in',
      description: 'Samples of the last scrape, by job.',
      unit: 'short',
      size: [8, 8],
      queries: [range(sum(M.scrapeSamples, 'job'), '{{job}}')],
    }),
    timeSeries({
      title: 'Scrapes: how long they take',
      description: 'By job, its slowest target. Beyond the timeout of 3 or 4 s there is a hole in every curve of the job.',
      unit: 's',
      size: [8, 8],
      threshold: 3,
      queries: [range(`max by (job) (${M.scrapeDuration})`, '{{job}}')],
    }),
    timeSeries({
      title: 'Scrapes: failed',
      description: 'Share of the scrapes of a minute that failed, by job.',
      unit: 'percentunit',
      size: [8, 8],
      queries: [range(`1 - min by (job) (avg_over_time(${M.up}[$__rate_interval]))`, '{{job}}')],
    }),
    timeSeries({
      title: 'Metric points through the collector',
      description: 'Points that came as OTLP or were read from PostgreSQL and the host, and where they went.',
      unit: 'cps',
      size: [8, 8],
      queries: [
        range(sum(rate(M.collectorPointsAccepted), 'receiver'), 'in by {{receiver}}'),
        range(sum(rate(M.collectorPointsSent), 'exporter'), 'out to {{exporter}}'),
      ],
    }),
    timeSeries({
      title: 'Prometheus: samples kept and refused',
      description: 'Samples a second that it appended, and those that it refused: out of order, too old, or twice.',
      unit: 'cps',
      size: [8, 8],
      queries: [
        range(sum(rate(M.samplesAppended)), 'appended'),
        range(sum(rate(M.samplesOutOfOrder)), 'out of order'),
        range(sum(rate(M.samplesOutOfBounds)), 'too old'),
        range(sum(rate(M.samplesDuplicate)), 'twice'),
      ],
    }),
    timeSeries({
      title: 'Prometheus: series held',
      description: 'What its memory goes into. A jump is a label that grew: npm run verify says which.',
      unit: 'short',
      size: [8, 8],
      queries: [range(sum(M.seriesHeld), 'series')],
    }),
    timeSeries({
      title: 'Rules: how long they take',
      description: 'The last evaluation of each group, as share of the time until the next. At 100 % evaluations are left out.',
      unit: 'percentunit',
      size: [8, 8],
      threshold: 1,
      queries: [range(`max by (rule_group) (${M.ruleDuration} / ${M.ruleInterval})`, '{{rule_group}}')],
    }),
    timeSeries({
      title: 'Rules: failed and left out',
      description: 'Evaluations a second. Above 0 somebody who counts on being told is not.',
      unit: 'cps',
      size: [8, 8],
      queries: [range(sum(rate(M.ruleFailures)), 'failed'), range(sum(rate(M.ruleMissed)), 'left out')],
    }),
    timeSeries({
      title: 'Notifications: out, queued and lost',
      description:
        'Alerts that Prometheus sent to Alertmanager, holds, could not send and gave up; and messages of Alertmanager that were refused.',
      unit: 'short',
      size: [8, 8],
      queries: [
        range(sum(rate(M.notificationsSent)), 'sent a second'),
        range(sum(M.notificationQueue), 'queued'),
        range(sum(rate(M.notificationErrors)), 'not sent a second'),
        range(sum(rate(M.notificationsDropped)), 'given up a second'),
        range(sum(rate(M.notificationsFailed)), 'messages refused a second'),
      ],
    }),
  ],
});
