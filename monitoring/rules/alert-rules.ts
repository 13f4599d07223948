import type { Addresses } from '../names/links.ts';
import { SLOS, type Slo } from '../slos.ts';
import { type Alert, UNITS } from './alert.ts';
import { type AlertLinks, linkAnnotations } from './alert-links.ts';
import { BURNS, type Burn, type Severity, seconds } from './burn.ts';
import type { AlertingRule, Group } from './rule.ts';
import { budgetOf, SLI_INTERVAL } from './slo-rules.ts';
import { SLO_SERIES, sloLabels } from './slo-series.ts';

/** The rule of one row. */
function alertingRule(name: string, alert: Alert, at: Addresses): AlertingRule {
  return {
    alert: name,
    expr: `${grouped(alert.measure)} ${alert.fires}`,
    for: alert.for[0],
    keep_firing_for: alert.keepFiringFor[0],
    labels: { severity: alert.severity },
    annotations: {
      summary: alert.symptom,
      description: `Measured: ${UNITS[alert.unit]}; it fires at ${alert.fires.split(' ').slice(0, 2).join(' ')}.`,
      ...linkAnnotations(name, alert.links, at),
    },
  };
}

/** The groups of all alerts: those of the tables, one group for each file of rows, and those on the promises' budgets. */
export const alertGroup = (name: string, alerts: Record<string, Alert>, at: Addresses): Group => ({
  name,
  rules: Object.entries(alerts).map(([alert, row]) => alertingRule(alert, row, at)),
});

/** A comparison binds closer than `or` and less than arithmetic; in brackets nobody has to know. */
const grouped = (measure: string) => (/ or | and | unless /.test(measure) ? `(${measure})` : measure);

/** Fewer bad events than these in the long window wake nobody: at night one failure can be half of the traffic. */
const FEWEST = 10;

/** The alerts on the error budgets: for each promise a page and a ticket of one name, as sloth has them. */
export function burnGroup(at: Addresses, slos: Record<string, Slo> = SLOS): Group {
  const severities: Severity[] = ['page', 'ticket'];
  return {
    name: 'slo-alerts',
    interval: SLI_INTERVAL,
    rules: Object.entries(slos).flatMap(([name, slo]) => severities.map((severity) => burnRule(name, slo, severity, at))),
  };
}

function burnRule(name: string, slo: Slo, severity: Severity, at: Addresses): AlertingRule {
  const labels = sloLabels(name, slo);
  const budget = budgetOf(slo);
  const burns = BURNS.filter((burn) => burn.severity === severity);
  const days = (factor: number) => Math.round(30 / factor);
  const pace = burns
    .map(({ factor, long }) => `${factor} times the pace over ${long} (gone in ${days(factor)} days)`)
    .join(' or ');
  return {
    alert: slo.alert,
    expr: burns.map((burn) => `(${burning(burn, labels.sloth_id, budget)})`).join(' or '),
    for: '0s',
    keep_firing_for: '2m',
    labels: { severity, sloth_severity: severity },
    annotations: {
      summary: `Broken too often: "${slo.promise}"`,
      description: `{{ $value | humanizePercentage }} were not good; the error budget is used up at ${pace}.`,
      ...linkAnnotations(slo.alert, burnLinks(slo, labels.sloth_id), at),
    },
  };
}

/** Both windows above the factor, and enough of it. The value is the long window's error ratio. */
function burning({ factor, long, short }: Burn, id: string, budget: number): string {
  const matcher = `{sloth_id="${id}"}`;
  const above = (window: string) =>
    `max without (sloth_window) (${SLO_SERIES.errorRatio(window)}${matcher}) > ${factor} * ${budget}`;
  const count = `sum_over_time(${SLO_SERIES.errors}${matcher}[${long}]) * ${seconds(SLI_INTERVAL)} > ${FEWEST}`;
  return `${above(long)} and ${above(short)} and ${count}`;
}

function burnLinks({ of }: Slo, id: string): AlertLinks {
  const board = { dashboard: 'slos', variables: { slo: id } } as const;
  if (of.good === 'queryable') return board;
  const [only] = of.routes.length === 1 ? of.routes : [];
  const operation = only && `${of.method} ${only}`;
  return {
    ...board,
    traces: {
      service: of.service,
      ...(operation && { operation }),
      ...(of.good === 'no fault' ? { failed: true } : { slowerThan: of.within }),
    },
    logs: of.good === 'no fault' ? `{service_name="${of.service}", level="error"}` : `{service_name="${of.service}"}`,
  };
}
