/** All of one line. */
import { apiPath } from '../api/request.ts';
import type { LogRecord } from '../api/types.ts';
import { useApi } from '../api/use-api.ts';
import { dateTime } from '../format/time.ts';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { ServiceName } from '../shell/service-name.tsx';
import type { Line } from './log-buffer.ts';

export function LineDetails({ line, close }: { line: Line; close(): void }) {
  const { zone } = useNavigation();
  // Frames leave attributes out; the store has them.
  const { service, traceId, spanId, timeMs } = line;
  const path = apiPath('/api/logs', {
    service,
    traceId,
    spanId,
    from: Math.floor(timeMs),
    to: Math.ceil(timeMs + 0.001),
    limit: 50,
  });
  const answer = useApi<{ logs: LogRecord[] }>(path);
  const record = answer.data?.logs.find(({ body }) => body === line.body);
  return (
    <section className="panel line-details" aria-label="Line">
      <div className="title">
        <h2>
          <span className={`level level-${line.level || 'none'}`}>{line.level || 'none'}</span> <ServiceName service={service} />{' '}
          {dateTime(timeMs, zone)}
        </h2>
        <span className="push links">
          {traceId && (
            <Link page="trace" id={traceId} params={{ span: spanId, panel: 'logs' }} className="button">
              Open its trace
            </Link>
          )}
          <button type="button" className="icon" aria-label="Close the line" onClick={close}>
            ×
          </button>
        </span>
      </div>
      <pre>{line.body}</pre>
      <dl className="attributes">
        {Object.entries(record?.attributes ?? {}).map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</dd>
          </div>
        ))}
      </dl>
      {answer.data && !record && <p className="hint">Its attributes are no longer held.</p>}
    </section>
  );
}
