import { LABELS, METRICS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from '../names/component-metrics.ts';
import { DATASOURCES } from '../names/datasources.ts';
import { sum } from '../names/promql.ts';
import type { Annotation } from '../panels/grafana.ts';

const { service, version, fault } = LABELS;
const releases = (at = '') => `count by (${service}, ${version}) (${METRICS.targetInfo.name}${at})`;

/** What happened, on every chart of every dashboard; each with the reason why there is none on a shop at ease. */
export const ANNOTATIONS: readonly (Annotation & { mayBeEmpty: string })[] = [
  {
    ...mark('Faults', 'purple'),
    target: { refId: 'Anno', expr: `${sum(METRICS.faultActive.name, service, fault)} > 0`, interval: '5s' },
    titleFormat: `Fault {{${fault}}}`,
    textFormat: `switched on in {{${service}}}`,
    tagKeys: `${service},${fault}`,
    mayBeEmpty: 'no fault is switched on',
  },
  {
    ...mark('Deploys', 'blue'),
    // A version that was not there a minute ago, of a service that was: a first start is no deploy.
    target: {
      refId: 'Anno',
      expr: `(${releases()} unless ${releases(' offset 1m')}) and on (${service}) ${releases(' offset 1m')}`,
      interval: '15s',
    },
    titleFormat: `Deploy of {{${service}}}`,
    textFormat: `version {{${version}}}`,
    tagKeys: `${service},${version}`,
    mayBeEmpty: 'nothing was deployed in the last minute',
  },
  {
    ...mark('Alerts', 'red'),
    target: {
      refId: 'Anno',
      expr: sum(`${COMPONENT_METRICS.alerts}{alertstate="firing"}`, 'alertname', 'severity', service),
      interval: '15s',
    },
    titleFormat: '{{alertname}}',
    textFormat: `{{severity}} {{${service}}}`,
    tagKeys: `severity,${service}`,
    mayBeEmpty: 'nothing fires',
  },
];

function mark(name: string, iconColor: string) {
  return { name, enable: true, iconColor, datasource: DATASOURCES.prometheus } as const;
}
