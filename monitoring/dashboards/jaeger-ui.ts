import { LOG_LABELS, TRACE_ID } from '../../telemetry/signals.ts';
import { DATASOURCES } from '../names/datasources.ts';
import { type Addresses, between, explore, liveTrace, traceDashboard } from '../names/links.ts';

/** Half a minute on either side of the trace, in microseconds: a line may carry a time just outside its span. */
const MARGIN = 30_000_000;
const FROM = `#{startTime | add -${MARGIN} | epoch_micros_to_date_iso}`;
const TO = `#{endTime | add ${MARGIN} | epoch_micros_to_date_iso}`;

/** Jaeger's page: links from a trace to its logs and metrics in Grafana, the Monitor page, and a way back. Jaeger fills in `#{...}`. */
export function jaegerUi(at: Addresses): object {
  const query = { expr: `{${LOG_LABELS[0]}=~".+"} | ${TRACE_ID}="#{traceID}"`, queryType: 'range' };
  return {
    monitor: { menuEnabled: true },
    dependencies: { menuEnabled: true },
    menu: [
      { label: 'Grafana', url: `${at.grafana}/`, anchorTarget: '_blank' },
      { label: 'Live view', url: `${at.live}/`, anchorTarget: '_blank' },
    ],
    linkPatterns: [
      { type: 'traces', text: 'Live view', url: liveTrace(at, '#{traceID}') },
      {
        type: 'traces',
        text: 'Logs and metrics in Grafana',
        url: at.grafana + traceDashboard('#{traceID}', between(FROM, TO)),
      },
      {
        type: 'traces',
        text: "Logs in Grafana's Explore",
        url: explore(at, DATASOURCES.loki, query, { from: FROM, to: TO }),
      },
    ],
  };
}
