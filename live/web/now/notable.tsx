/** The slowest and the failed traces of the last five minutes, or of a chosen interval. */
import type { TableName } from '../../server/stream/frame-layout.ts';
import { duration } from '../format/number.ts';
import { age, dateTime } from '../format/time.ts';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { ServiceName } from '../shell/service-name.tsx';
import { useNow } from '../stream/hooks.ts';
import { mapRows, text } from '../stream/table.ts';
import { useShownTable } from './shown-table.ts';

const SHOWN = 8;

export function Notable({
  table: name,
  title,
  none,
  service,
}: {
  table: Extract<TableName, 'slowest' | 'failed'>;
  title: string;
  none: string;
  service: string;
}) {
  const { zone, interval } = useNavigation();
  const now = useNow();
  const table = useShownTable({ view: 'notable', service }, name, 2);
  const rows = mapRows(table, (of, row) => ({
    traceId: text(of, of.columns.traceId, row),
    service: text(of, of.columns.service, row),
    operation: text(of, of.columns.operation, row),
    startMs: of.columns.startMs[row] ?? 0,
    durationMs: of.columns.durationMs[row] ?? 0,
  })).slice(0, SHOWN);
  return (
    <section className="panel" aria-label={title}>
      <h2>
        {title} <span className="hint">{interval ? 'of the interval' : 'last 5 minutes'}</span>
      </h2>
      <ol className="rows">
        {rows.map((row) => (
          <li key={row.traceId}>
            <Link page="trace" id={row.traceId} className="row">
              <ServiceName service={row.service} />
              <span className="grow">{row.operation}</span>
              <time title={dateTime(row.startMs, zone)}>{age(row.startMs, now)}</time>
              <b className={name === 'failed' ? 'bad' : ''}>{duration(row.durationMs)}</b>
            </Link>
          </li>
        ))}
      </ol>
      {rows.length === 0 && (
        <p className="loading">
          {table ? `${none} in ${interval ? 'the interval' : 'the last five minutes'}.` : 'Waiting for an answer…'}
        </p>
      )}
    </section>
  );
}
