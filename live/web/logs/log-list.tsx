/** The lines in sight, of any number; the newest below. */
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { exact } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { ServiceName } from '../shell/service-name.tsx';
import type { Line } from './log-buffer.ts';
import { rowsInSight } from './rows-in-sight.ts';

const NARROW = 640;

interface LogListProps {
  lines: readonly Line[];
  following: boolean;
  /** Called when the reader goes up from the newest line. */
  pause(): void;
  selected: number;
  select(key: number): void;
}

export function LogList({ lines, following, pause, selected, select }: LogListProps) {
  const { zone, go } = useNavigation();
  const box = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 0, narrow: false });
  const rowHeight = sight.narrow ? 44 : 22;
  const { from, to } = rowsInSight(sight.top, sight.height, rowHeight, lines.length);
  const at = lines.findIndex(({ key }) => key === selected);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      setSight({ top: element.scrollTop, height: element.clientHeight, narrow: element.clientWidth < NARROW });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what it follows
  useLayoutEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [following, lines, rowHeight]);

  const move = (step: number) => {
    const next = Math.min(lines.length - 1, Math.max(0, at < 0 ? (step < 0 ? lines.length - 1 : 0) : at + step));
    const line = lines[next];
    if (!line) return;
    pause();
    select(line.key);
    const element = box.current;
    if (!element) return;
    if (next * rowHeight < element.scrollTop) element.scrollTop = next * rowHeight;
    if ((next + 1) * rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = (next + 1) * rowHeight - element.clientHeight;
  };
  const key = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(sight.height / rowHeight) - 1);
    const step = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page, Home: -lines.length, End: lines.length }[event.key];
    const line = lines[at];
    if (step !== undefined) move(step);
    else if (event.key === 'Enter' && line?.traceId) go('trace', line.traceId, { span: line.spanId });
    else return;
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div
      ref={box}
      className={`log-list ${sight.narrow ? 'narrow' : ''}`}
      role="group"
      aria-label="Log lines: arrow keys move, Enter opens the line's trace"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys need the focus
      tabIndex={0}
      onKeyDown={key}
      onWheel={(event) => event.deltaY < 0 && following && lines.length * rowHeight > sight.height && pause()}
      onScroll={(event) => setSight({ ...sight, top: event.currentTarget.scrollTop })}
    >
      <ol style={{ height: lines.length * rowHeight }}>
        {lines.slice(from, to).map((line, i) => (
          <li
            key={line.key}
            className={line.key === selected ? 'selected' : ''}
            style={{ top: (from + i) * rowHeight, height: rowHeight }}
            aria-setsize={lines.length}
            aria-posinset={from + i + 1}
          >
            {line.lost > 0 ? (
              <span className="log-gap">
                {exact(line.lost)} lines are missing here: this browser was too slow for them. Filter to see fewer.
              </span>
            ) : (
              <>
                <button type="button" className="plain log-line" tabIndex={-1} onClick={() => select(line.key)}>
                  <span className="log-meta">
                    <time>{clockTime(line.timeMs, zone)}</time>
                    <span className={`level level-${line.level || 'none'}`}>{line.level || 'none'}</span>
                    <ServiceName service={line.service} />
                  </span>
                  <span className="log-body">{line.body}</span>
                </button>
                {line.traceId && (
                  <Link
                    page="trace"
                    id={line.traceId}
                    params={{ span: line.spanId }}
                    className="log-trace"
                    label="Open its trace"
                  >
                    trace
                  </Link>
                )}
              </>
            )}
          </li>
        ))}
      </ol>
      <p className="unseen" role="status">
        {lines[at] && `${lines[at].level} ${lines[at].service}: ${lines[at].body}`}
      </p>
    </div>
  );
}
