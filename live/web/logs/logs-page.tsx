/** The tail of all logs. */
import { useEffect, useState } from 'react';
import { useApi } from '../api/use-api.ts';
import { exact } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import { useKeys } from '../shell/keys.tsx';
import { useNavigation, useParam } from '../shell/navigation.tsx';
import { Empty, NothingYet } from '../shell/states.tsx';
import { useStream } from '../stream/hooks.ts';
import { LineDetails } from './line-details.tsx';
import { LogList } from './log-list.tsx';
import { useLogTail } from './use-log-tail.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const TYPING_MS = 250;

export function LogsPage() {
  const stream = useStream();
  const { zone } = useNavigation();
  const [text, setText] = useParam('text');
  const [level, setLevel] = useParam('level');
  const [service, setService] = useParam('service');
  const [traceId, setTrace] = useParam('trace');
  const [untilText, setUntil] = useParam('until');
  const [selected, select] = useState(-1);
  const until = Number(untilText) || undefined;
  const searched = useSettled(text);
  const filter = {
    text: searched,
    level: LEVELS.includes(level) ? level : '',
    service,
    traceId: /^[0-9a-f]{32}$/.test(traceId) ? traceId : '',
  };
  const tail = useLogTail(filter, until);
  const services = useApi<{ services: { service: string }[] }>('/api/services', 10_000).data?.services ?? [];
  const pause = () => until === undefined && setUntil(String(Math.ceil(stream.now())));
  const toggle = () => (until === undefined ? pause() : setUntil(''));
  useKeys('Logs', [
    { keys: 'Space', does: 'Pause, resume', run: toggle },
    { keys: 'Escape', does: 'Close the line', run: () => select(-1) },
  ]);
  const line = tail.lines.find(({ key }) => key === selected);
  const filtered = Boolean(text || level || service || traceId);

  return (
    <>
      <div className="title">
        <h1>Logs</h1>
        <span className="hint" role="status">
          {until === undefined
            ? `${exact(tail.lines.length)} lines, following`
            : `paused at ${clockTime(until, zone)}, ${exact(tail.waiting)} new`}
        </span>
      </div>
      <search className="toolbar" aria-label="Logs">
        <input
          type="search"
          data-search
          className="grow"
          placeholder="Text in the line"
          aria-label="Text in the line"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <select aria-label="Lowest level" value={level} onChange={(event) => setLevel(event.target.value)}>
          <option value="">All levels</option>
          {LEVELS.map((one) => (
            <option key={one} value={one}>
              {one}
              {one !== 'fatal' && ' and above'}
            </option>
          ))}
        </select>
        <select aria-label="Service" value={service} onChange={(event) => setService(event.target.value)}>
          <option value="">All services</option>
          {[...new Set([...services.map((one) => one.service), service])].filter(Boolean).map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
        {traceId && (
          <button type="button" className="tag" onClick={() => setTrace('')}>
            trace {traceId.slice(0, 8)} <span aria-hidden="true">×</span>
            <span className="unseen">show all traces</span>
          </button>
        )}
        <button type="button" aria-pressed={until !== undefined} onClick={toggle} title="Pause, resume (space)">
          {until === undefined ? 'Pause' : 'Resume'}
        </button>
      </search>
      {tail.lines.length === 0 && <LogsEmpty tail={tail} filtered={filtered} />}
      <div className="log-area">
        <LogList lines={tail.lines} following={until === undefined} pause={pause} selected={selected} select={select} />
        {line && line.lost === 0 && <LineDetails key={line.key} line={line} close={() => select(-1)} />}
      </div>
    </>
  );
}

function LogsEmpty({ tail, filtered }: { tail: ReturnType<typeof useLogTail>; filtered: boolean }) {
  const { go } = useNavigation();
  if (tail.loading) return <p className="loading">Loading the log lines…</p>;
  if (tail.error) return <Empty title={tail.error.message} />;
  if (!filtered) return <NothingYet />;
  return (
    <Empty title="No line that is held matches.">
      <p>New ones appear here as they come. Text is looked for in the line itself, upper and lower case alike.</p>
      <button type="button" onClick={() => go('logs')}>
        Clear the filter
      </button>
    </Empty>
  );
}

/** The value once it has not changed for a quarter of a second: not every key is a new subscription. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
