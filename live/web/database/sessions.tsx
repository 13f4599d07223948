/** What runs and waits: the history of active sessions, and those of the last sample. */
import { useCallback, useMemo, useState } from 'react';
import type { DatabaseSession, SessionHistory } from '../api/database-types.ts';
import { counted, duration, exact } from '../format/number.ts';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { DataTable } from '../shell/data-table.tsx';
import { useDragInterval } from '../shell/drag-interval.ts';
import { useNavigation } from '../shell/navigation.tsx';
import { useStream } from '../stream/hooks.ts';
import { type Group, groupOf, groupsOf, paintHistory, waitColor } from './history.ts';
import { StatementLink, TraceLink } from './statement-link.tsx';

/** So much of time a live chart shows, and so late its right edge is: a sample comes each second and is asked for as often. */
const SHOWN_MS = 300_000;
const LATE_MS = 2_500;

const mean = (value: number): string => (value >= 0.01 ? String(Number(value.toPrecision(2))) : '<0.01');

export function Sessions({ history }: { history: SessionHistory }) {
  const groups = useMemo(() => groupsOf(history), [history]);
  return (
    <section className="panel" aria-labelledby="sessions-title">
      <h2 id="sessions-title">
        Sessions at work{' '}
        <span className="hint">
          by what they wait for; {counted(history.samples, 'sample')}, {exact(history.idle)} idle
        </span>
      </h2>
      <History history={history} groups={groups} />
      {groups.length === 0 && (
        <p className="hint">No sample met a session at work: statements were over before the next sample, a second later.</p>
      )}
      {groups.length > 0 && <Legend groups={groups} />}
      {history.sessions.length > 0 && <LastSample sessions={history.sessions} />}
    </section>
  );
}

function History({ history, groups }: { history: SessionHistory; groups: Group[] }) {
  const { interval } = useNavigation();
  const stream = useStream();
  const [held, hold] = useState<number>();
  const live = interval === undefined && held === undefined;
  const ends = (nowMs: number): [number, number] => {
    if (interval) return [history.fromMs, history.toMs];
    const toMs = (held ?? nowMs) - LATE_MS;
    return [toMs - SHOWN_MS, toMs];
  };
  const drag = useDragInterval({
    range: () => ends(stream.now()),
    hold: (on) => hold(on ? stream.now() : undefined),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the ends follow from these
  const paint = useCallback<Painter>(
    (context, width, height, palette, nowMs) => {
      const [fromMs, toMs] = ends(nowMs);
      paintHistory(context, width, height, palette, { ...history, groups, fromMs, toMs });
    },
    [history, groups, interval, held],
  );
  const said = groups.map(({ name, mean: value }) => `${name} ${mean(value)}`).join(', ') || 'none';
  return (
    <div className="session-history" ref={drag}>
      <Canvas label={`Sessions at work over time, on average: ${said}`} paint={paint} live={live} />
    </div>
  );
}

const Chip = ({ group }: { group: string }) => (
  <span className="chip" style={{ background: `var(--${waitColor(group)})` }} aria-hidden="true" />
);

function Legend({ groups }: { groups: Group[] }) {
  return (
    <ul className="wait-legend">
      {groups.map(({ name, mean: value, most, events }) => (
        <li key={name}>
          <Chip group={name} /> <b>{name}</b> {mean(value)}{' '}
          <span className="hint">
            at most {Number(most.toPrecision(2))}
            {events.length > 0 && `; ${events.slice(0, 3).join(', ')}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

const COLUMNS = { pid: 'n', Waits: '', Running: 'n', Transaction: 'n', Client: '', Statement: '', Trace: '' } as const;

function LastSample({ sessions }: { sessions: DatabaseSession[] }) {
  return (
    <DataTable label="Sessions of the last sample" columns={COLUMNS}>
      <tbody>
        {sessions.map((one) => (
          <tr key={one.pid}>
            <td className="n">{one.pid}</td>
            <td>
              <Chip group={groupOf(one)} /> {groupOf(one)} {one.waitEvent && <span className="hint">{one.waitEvent}</span>}
            </td>
            <td className="n">{duration(one.runningMs)}</td>
            <td className="n">{duration(one.transactionMs)}</td>
            <td>
              {one.application || '–'} <span className="hint">{one.database}</span>
            </td>
            <td className="clip">
              <StatementLink queryId={one.queryId} text={one.text} />
            </td>
            <td>
              <TraceLink traceId={one.traceId} spanId={one.spanId} label={`trace of session ${one.pid}`} />
            </td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}
