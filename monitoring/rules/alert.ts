import type { AlertLinks } from './alert-links.ts';
import type { Severity } from './burn.ts';
import type { Scenario, Series } from './scenario.ts';

/** One alert. Its runbook is docs/runbooks/<name>.md. */
export interface Alert {
  /** A page is for now, whatever the hour; a ticket for the next working day. */
  severity: Severity;
  /** What a user would say, of the shop or of its telemetry. It may hold labels, e.g. `{{ $labels.service_name }}`. */
  symptom: string;
  /** What is measured: PromQL that has an answer on a healthy stack, unless `mayBeEmpty` says why not. */
  measure: string;
  /** The comparison that makes an alert of it, e.g. `> 0.05`. */
  fires: string;
  /** How the value is told. */
  unit: Unit;
  /** How long it must last, and why so long. */
  for: Reasoned;
  /** How long it goes on firing without it, and why. */
  keepFiringFor: Reasoned;
  /** Why `measure` has no answer while all is well. */
  mayBeEmpty?: string;
  /** Why this is worth an alert although it is a cause, whose symptom has an alert of its own: what it says that the symptom's does not. */
  predicts?: string;
  links: AlertLinks;
  /** What it measures while all is well. */
  healthy: Series[];
  /** What it must notice. */
  scenarios: Scenario[];
}

/** Prometheus's notation of a duration, and the reason. */
type Reasoned = readonly [duration: string, reason: string];

type Unit = keyof typeof UNITS;

/** How a value is written in a notification, in Prometheus's template language. */
export const UNITS = {
  share: '{{ $value | humanizePercentage }}',
  seconds: '{{ $value | humanizeDuration }}',
  perSecond: '{{ $value | humanize }} a second',
  count: '{{ $value | humanize }}',
} as const;
