import { LABELS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { type Addresses, runbook, serviceDashboard, sloDashboard, variable } from '../names/links.ts';
import { series } from '../names/promql.ts';
import type { Placed } from './panels.ts';
import { seriesTable } from './tables.ts';

const { service } = LABELS;
const COLUMNS = { alertname: 'Alert', severity: 'Severity', [service]: 'Service', sloth_id: 'Promise' };
const value = variable('__value.raw');

/** What fires now and for how long it has been wrong, each with its runbook. From Prometheus, so that whoever sees the dashboard sees it too. */
export function firingAlerts(at: Addresses, size: Placed['size'], ...matchers: string[]): Placed {
  const { alerts, alertsSince } = COMPONENT_METRICS;
  const labels = Object.keys(COLUMNS).join(', ');
  return seriesTable({
    title: 'Firing alerts',
    description: 'What fires now, for how long it has been wrong, and, behind its name, what it means and how to end it.',
    size,
    expr: `max by (${labels}) (time() - ${series(alertsSince, ...matchers)}) and on (${labels}) ${series(alerts, 'alertstate="firing"', ...matchers)}`,
    columns: COLUMNS,
    value: 'For',
    unit: 's',
    whenEmpty: 'Nothing fires',
    mayBeEmpty: 'nothing fires on a healthy shop',
    links: {
      alertname: [{ title: `Runbook of ${value}`, url: runbook(at, value), targetBlank: true }],
      [service]: [{ title: `Dashboard of ${value}`, url: serviceDashboard(value), targetBlank: false }],
      sloth_id: [{ title: `Budget of ${value}`, url: sloDashboard(value), targetBlank: false }],
    },
  });
}
