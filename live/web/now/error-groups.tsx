/** Error log lines by what they say, the latest first. */
import { compact } from '../format/number.ts';
import { age, dateTime } from '../format/time.ts';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { ServiceName } from '../shell/service-name.tsx';
import { useNow } from '../stream/hooks.ts';
import { mapRows, text } from '../stream/table.ts';
import { useShownTable } from './shown-table.ts';

const SHOWN = 10;

export function ErrorGroups({ service }: { service: string }) {
  const { zone } = useNavigation();
  const now = useNow();
  const table = useShownTable({ view: 'errors', service }, 'errors', 2);
  const groups = mapRows(table, (of, row) => ({
    id: text(of, of.columns.id, row),
    service: text(of, of.columns.service, row),
    type: text(of, of.columns.type, row),
    template: text(of, of.columns.template, row),
    traceId: text(of, of.columns.traceId, row),
    spanId: text(of, of.columns.spanId, row),
    count: of.columns.count[row] ?? 0,
    lastMs: of.columns.lastMs[row] ?? 0,
  })).slice(0, SHOWN);
  return (
    <section className="panel" aria-label="Errors in logs">
      <h2>
        Errors in logs <span className="hint">grouped by what they say</span>
      </h2>
      <ol className="rows">
        {groups.map((group) => (
          <li key={group.id} className="row error-group">
            <b className="bad count">{compact(group.count)}</b>
            <span className="grow">
              {group.type && <b className="bad">{group.type} </b>}
              {group.template}
            </span>
            <ServiceName service={group.service} />
            <time title={dateTime(group.lastMs, zone)}>{age(group.lastMs, now)}</time>
            <span className="links">
              <Link page="logs" params={{ service: group.service, level: 'error' }} label={`Logs of ${group.template}`}>
                logs
              </Link>
              {group.traceId && (
                <Link page="trace" id={group.traceId} params={{ span: group.spanId }} label={`Latest trace of ${group.template}`}>
                  trace
                </Link>
              )}
            </span>
          </li>
        ))}
      </ol>
      {groups.length === 0 && <p className="loading">{table ? 'No error lines are held.' : 'Waiting for an answer…'}</p>}
    </section>
  );
}
