import type { AlertName } from './alerts.ts';
import type { Severity } from './rules/burn.ts';

/**
 * Who is told of what, and how often. Nobody, until a receiver is set up: docs/add.md says how. What comes together is one message, what lasts is
 * said again (the only escalation here: whoever did not hear the first page hears the next).
 */
export const ROUTES = [
  {
    severity: 'page',
    to: ['webhook', 'slack', 'email'],
    wait: '10s',
    again: '30m',
    because: 'Half of an hour at the pace of a page is a hundredth of the budget of a month.',
  },
  {
    severity: 'ticket',
    to: ['slack', 'email'],
    wait: '1m',
    again: '1d',
    because: 'It is for working hours: once a day is a reminder, more is noise.',
  },
] as const satisfies readonly Route[];

/** What makes a message superfluous: while the first fires, the others are not told of (Prometheus and Alertmanager still show them). */
export const INHIBITIONS: readonly Inhibition[] = [
  {
    firing: ['CollectorDown'],
    silences: [
      'TelemetryLate',
      'SpansAbsent',
      'SpansDropped',
      'SpansNotExported',
      'QueueFilling',
      'ScrapeFailing',
      'ExemplarsWithoutTrace',
    ],
    same: [],
    because: 'No span gets past it: all of this follows.',
  },
  {
    firing: ['ServiceDown'],
    silences: ['ServiceErrors', 'ServiceSlow', 'ScrapeFailing', 'RateUnusual', 'LatencyUnusual', 'SpansAbsent'],
    same: ['service_name'],
    because: 'What is down does nothing as it should.',
  },
  {
    firing: ['ComponentDown'],
    silences: ['ScrapeFailing'],
    same: ['job'],
    because: 'What is down cannot be scraped.',
  },
  {
    firing: ['ShipperDown'],
    silences: ['LogsAbsent', 'LogLinesMissing'],
    same: [],
    because: 'Nothing ships the lines.',
  },
  {
    firing: ['LogsAbsent'],
    silences: ['LogLinesMissing'],
    same: [],
    because: 'All of them are missing.',
  },
];

/** Labels of alerts, and who must be told: `npm run check` asks amtool each of these. */
export const EXAMPLES: readonly Example[] = [
  { labels: { alertname: 'CheckoutFailing', severity: 'page', sloth_id: 'storefront-checkout-availability' }, receiver: 'page' },
  {
    labels: { alertname: 'CheckoutFailing', severity: 'ticket', sloth_id: 'storefront-checkout-availability' },
    receiver: 'ticket',
  },
  { labels: { alertname: 'ServiceDown', severity: 'page', service_name: 'orders' }, receiver: 'page' },
  { labels: { alertname: 'CollectorDown', severity: 'page', job: 'collector' }, receiver: 'page' },
  { labels: { alertname: 'TrafficStopped', severity: 'page' }, receiver: 'page' },
  { labels: { alertname: 'ServiceErrors', severity: 'ticket', service_name: 'payments' }, receiver: 'ticket' },
  { labels: { alertname: 'SpansDropped', severity: 'ticket', service_name: 'orders' }, receiver: 'ticket' },
  { labels: { alertname: 'SomebodyElses', severity: 'critical' }, receiver: 'ticket' },
  { labels: { alertname: 'SomebodyElses' }, receiver: 'ticket' },
];

/** The ways a message can go; each is set up by the environment (rules/receivers.ts). */
export type Way = 'webhook' | 'slack' | 'email';

interface Route {
  severity: Severity;
  to: readonly Way[];
  /** How long the first message waits for what belongs to it. */
  wait: string;
  /** After what time it is said again. */
  again: string;
  because: string;
}

interface Inhibition {
  firing: readonly AlertName[];
  silences: readonly AlertName[];
  /** Labels that both must have alike. */
  same: readonly string[];
  because: string;
}

interface Example {
  labels: Record<string, string>;
  receiver: Severity;
}
