/** Room traces: search and list of traces, the newest first. */
import { useState } from 'react';
import { apiPath, readAttributes } from '../api/request.ts';
import type { TraceSummary } from '../api/types.ts';
import { compact, counted, duration, exact } from '../format/number.ts';
import { clockTime, dateTime } from '../format/time.ts';
import { useFilling } from '../shell/filling.ts';
import { intervalParams } from '../shell/interval.ts';
import { useKeys } from '../shell/keys.tsx';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { ServiceName, serviceHue } from '../shell/service-name.tsx';
import { AnswerState, Empty, NothingYet } from '../shell/states.tsx';
import { Scatter } from './scatter.tsx';
import { startRange } from './scatter-layout.ts';
import { TraceSearch } from './trace-search.tsx';
import { useTraceList } from './use-trace-list.ts';

const PAGE = 50;
/** Of an interval, which is asked for once: enough for its slow ones to stand out. */
const INTERVAL_PAGE = 200;
const number = (text: string | undefined) => (text && Number.isFinite(Number(text)) ? text : undefined);

export function TracesPage() {
  const { place, interval } = useNavigation();
  const { service, operation, status, min, max, attribute } = place.params;
  const [follow, setFollow] = useState(true);
  const query = {
    service,
    operation,
    status,
    minDurationMs: number(min),
    maxDurationMs: number(max),
    attribute: readAttributes(attribute ?? '').attributes,
    ...intervalParams(interval),
    limit: interval ? INTERVAL_PAGE : PAGE,
  };
  const filling = useFilling(interval);
  const { answer, traces, more } = useTraceList(apiPath('/api/traces', query), interval ? filling : follow);
  useKeys('Traces', [
    ...(interval ? [] : [{ keys: 'Space', does: 'Follow the newest, or hold the list', run: () => setFollow(!follow) }]),
    { keys: 'r', does: 'Renew the list', run: answer.reload },
  ]);
  const [oldestMs, newestMs] = startRange(traces);
  // What is not loaded yet is before the oldest loaded one: the interval's beginning would look empty.
  const range = [more ? oldestMs : (interval?.fromMs ?? oldestMs), interval?.toMs ?? newestMs] as const;
  const filtered = Object.keys(place.params).length > 0;
  return (
    <>
      <div className="title">
        <h1>Traces</h1>
        {interval ? (
          <span className="hint" role="status">
            {answer.data && (more ? `the newest ${exact(traces.length)} of the interval` : counted(traces.length, 'trace'))}
          </span>
        ) : (
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
        )}
      </div>
      <TraceSearch />
      {answer.data ? (
        <>
          {traces.length > 0 && <Scatter traces={traces} range={range} />}
          <TraceTable traces={traces} />
          {traces.length === 0 && (filtered || interval ? <NoneFound /> : <NothingYet />)}
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
  const { go, interval } = useNavigation();
  return (
    <Empty title={interval ? 'No trace of this interval that is held matches.' : 'No trace that is held matches.'}>
      <p>Filters are exact for names and attributes; duration, status and time are a single span's.</p>
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
