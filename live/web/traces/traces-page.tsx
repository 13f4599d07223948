/** Search and list of traces, the newest first. */
import { useState } from 'react';
import { apiPath, readAttributes } from '../api/request.ts';
import type { TraceSummary } from '../api/types.ts';
import { compact, counted, duration, exact } from '../format/number.ts';
import { clockTime, dateTime } from '../format/time.ts';
import { useKeys } from '../shell/keys.tsx';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { ServiceName, serviceHue } from '../shell/service-name.tsx';
import { AnswerState, Empty, NothingYet } from '../shell/states.tsx';
import { Scatter } from './scatter.tsx';
import { TraceSearch } from './trace-search.tsx';
import { useTraceList } from './use-trace-list.ts';

const PAGE = 50;
const number = (text: string | undefined) => (text && Number.isFinite(Number(text)) ? text : undefined);

export function TracesPage() {
  const { place } = useNavigation();
  const { service, operation, status, min, max, attribute, from, to } = place.params;
  const [follow, setFollow] = useState(true);
  const query = {
    service,
    operation,
    status,
    minDurationMs: number(min),
    maxDurationMs: number(max),
    attribute: readAttributes(attribute ?? '').attributes,
    from: number(from),
    to: number(to),
    limit: PAGE,
  };
  const { answer, traces, more } = useTraceList(apiPath('/api/traces', query), follow);
  useKeys('Traces', [
    { keys: 'Space', does: 'Follow the newest, or hold the list', run: () => setFollow(!follow) },
    { keys: 'r', does: 'Renew the list', run: answer.reload },
  ]);
  const filtered = Object.keys(place.params).length > 0;
  return (
    <>
      <div className="title">
        <h1>Traces</h1>
        <span className="push">
          <button
            type="button"
            aria-pressed={follow}
            onClick={() => setFollow(!follow)}
            title="Renew the list every two seconds (space)"
          >
            {follow ? 'Following' : 'Held'}
          </button>
        </span>
      </div>
      <TraceSearch />
      {answer.data ? (
        <>
          {traces.length > 0 && <Scatter traces={traces} />}
          <TraceTable traces={traces} />
          {traces.length === 0 && (filtered ? <NoneFound /> : <NothingYet />)}
          {more && (
            <button type="button" className="more-button" onClick={more}>
              Older traces
            </button>
          )}
        </>
      ) : (
        <AnswerState answer={answer} what="list of traces" />
      )}
    </>
  );
}

function NoneFound() {
  const { go } = useNavigation();
  return (
    <Empty title="No trace that is held matches.">
      <p>Filters are exact for names and attributes; duration and status are a single span's.</p>
      <button type="button" onClick={() => go('traces')}>
        Clear the search
      </button>
    </Empty>
  );
}

function TraceTable({ traces }: { traces: readonly TraceSummary[] }) {
  const { zone } = useNavigation();
  const longest = Math.max(1e-6, ...traces.map(({ durationMs }) => durationMs));
  return (
    <ol className="trace-list" aria-label="Traces found">
      {traces.map((trace) => (
        <li key={trace.traceId}>
          <Link page="trace" id={trace.traceId} className="trace-row">
            <time title={dateTime(trace.startMs, zone)}>{clockTime(trace.startMs, zone)}</time>
            <span className="trace-name">
              <ServiceName service={trace.service} /> <span className="operation">{trace.operation}</span>
              {trace.rootMissing && <span className="tag warn">root not held</span>}
            </span>
            <span className="trace-services">
              {trace.services.map(({ service, spans, errors }) => (
                <span
                  key={service}
                  className={`tag ${errors > 0 ? 'bad' : ''}`}
                  title={`${service}: ${counted(spans, 'span')}, ${errors} failed`}
                >
                  <span className={`chip hue-${serviceHue(service)}`} aria-hidden="true" />
                  <span className="unseen">{service}</span> {compact(spans)}
                </span>
              ))}
            </span>
            <span className="trace-count">
              {counted(trace.spans, 'span')}
              {trace.errors > 0 && <b className="bad"> {exact(trace.errors)} failed</b>}
            </span>
            <span className="trace-duration">
              <span
                className={trace.errors > 0 ? 'failed' : ''}
                style={{ width: `${Math.max(1, (trace.durationMs / longest) * 100)}%` }}
              />
              <b>{duration(trace.durationMs)}</b>
            </span>
          </Link>
        </li>
      ))}
    </ol>
  );
}
