/** Room logs: all logs: the tail, or the lines of an interval. */
import { type ReactNode, useState } from 'react';
import type { ApiError } from '../api/request.ts';
import { counted, exact } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import type { Interval } from '../shell/interval.ts';
import { useKeys } from '../shell/keys.tsx';
import { useNavigation, useParam } from '../shell/navigation.tsx';
import { Empty, NothingYet } from '../shell/states.tsx';
import { useStream } from '../stream/hooks.ts';
import { LineDetails } from './line-details.tsx';
import type { Line } from './log-buffer.ts';
import { LogHistogram } from './log-histogram.tsx';
import { LogList } from './log-list.tsx';
import { LogToolbar } from './log-toolbar.tsx';
import { type LogFilter, useLogFilter } from './use-log-filter.ts';
import { useLogInterval } from './use-log-interval.ts';
import { useLogTail } from './use-log-tail.ts';

export function LogsPage() {
  const { interval } = useNavigation();
  const filter = useLogFilter();
  return interval ? <IntervalLogs filter={filter} interval={interval} /> : <LiveLogs filter={filter} />;
}

function LiveLogs({ filter }: { filter: LogFilter }) {
  const stream = useStream();
  const { zone } = useNavigation();
  const [untilText, setUntil] = useParam('until');
  const until = Number(untilText) || undefined;
  const tail = useLogTail(filter, until);
  const pause = () => until === undefined && setUntil(String(Math.ceil(stream.now())));
  const toggle = () => (until === undefined ? pause() : setUntil(''));
  useKeys('Logs', [{ keys: 'Space', does: 'Pause, resume', run: toggle }]);
  return (
    <Lines
      {...tail}
      hint={
        until === undefined
          ? `${exact(tail.lines.length)} lines, following`
          : `paused at ${clockTime(until, zone)}, ${exact(tail.waiting)} new`
      }
      button={
        <button type="button" aria-pressed={until !== undefined} onClick={toggle} title="Pause, resume (space)">
          {until === undefined ? 'Pause' : 'Resume'}
        </button>
      }
      fromMs={undefined}
      toMs={until ?? stream.now()}
      following={until === undefined}
      pause={pause}
    />
  );
}

function IntervalLogs({ filter, interval }: { filter: LogFilter; interval: Interval }) {
  const { lines, older, loading, error } = useLogInterval(filter, interval);
  return (
    <Lines
      lines={lines}
      loading={loading}
      error={error}
      hint={older ? `the newest ${counted(lines.length, 'line')} of the interval` : counted(lines.length, 'line')}
      button={
        older && (
          <button type="button" onClick={older}>
            Older lines
          </button>
        )
      }
      // What is not loaded yet is before the oldest loaded one: the interval's beginning would look empty.
      fromMs={older ? undefined : interval.fromMs}
      toMs={interval.toMs}
      following={false}
      pause={() => {}}
    />
  );
}

interface LinesProps {
  lines: readonly Line[];
  loading: boolean;
  error: ApiError | undefined;
  hint: string;
  button: ReactNode;
  /** What the histogram shows; from the oldest line where undefined. */
  fromMs: number | undefined;
  toMs: number;
  following: boolean;
  pause(): void;
}

function Lines({ lines, loading, error, hint, button, fromMs, toMs, following, pause }: LinesProps) {
  const [selected, select] = useState(-1);
  const line = lines.find(({ key }) => key === selected);
  useKeys('Log line', line ? [{ keys: 'Escape', does: 'Close the line', run: () => select(-1) }] : []);
  return (
    <>
      <div className="title">
        <h1>Logs</h1>
        <span className="hint" role="status">
          {hint}
        </span>
      </div>
      <LogToolbar>{button}</LogToolbar>
      {lines.length > 0 && <LogHistogram lines={lines} fromMs={fromMs} toMs={toMs} />}
      {lines.length === 0 && <NoLines loading={loading} error={error} />}
      <div className="log-area">
        <LogList lines={lines} following={following} pause={pause} selected={selected} select={select} />
        {line && line.lost === 0 && <LineDetails key={line.key} line={line} close={() => select(-1)} />}
      </div>
    </>
  );
}

function NoLines({ loading, error }: { loading: boolean; error: ApiError | undefined }) {
  const { go, place, interval } = useNavigation();
  const { text, level, service, trace } = place.params;
  if (loading) return <p className="loading">Loading the log lines…</p>;
  if (error) return <Empty title={error.message} />;
  if (!text && !level && !service && !trace)
    return interval ? <Empty title="No line of this interval is held." /> : <NothingYet />;
  return (
    <Empty title={interval ? 'No line of this interval that is held matches.' : 'No line that is held matches.'}>
      <p>
        {!interval && 'New ones appear here as they come. '}Text is looked for in the line itself, upper and lower case alike.
      </p>
      <button type="button" onClick={() => go('logs')}>
        Clear the filter
      </button>
    </Empty>
  );
}
