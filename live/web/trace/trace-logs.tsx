/** The log lines of a trace, in place: a line leads to its span. */
import type { LogRecord } from '../api/types.ts';
import type { Answer } from '../api/use-api.ts';
import { duration } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import { around } from '../shell/interval.ts';
import { Link, useNavigation } from '../shell/navigation.tsx';
import { ServiceName } from '../shell/service-name.tsx';
import { AnswerState, Empty } from '../shell/states.tsx';

interface TraceLogsProps {
  traceId: string;
  startMs: number;
  durationMs: number;
  answer: Answer<{ logs: LogRecord[] }>;
  /** The selected span's id, '' for none: its lines stand out. */
  selected: string;
  select(spanId: string): void;
}

export function TraceLogs({ traceId, startMs, durationMs, answer, selected, select }: TraceLogsProps) {
  const { zone } = useNavigation();
  if (!answer.data) return <AnswerState answer={answer} what="trace's logs" />;
  const logs = [...answer.data.logs].sort((a, b) => a.timeMs - b.timeMs);
  if (logs.length === 0) {
    return (
      <Empty title="No log lines of this trace are held.">
        <p>Lines carry a trace's id when they are logged within one of its spans and sent over OTLP.</p>
      </Empty>
    );
  }
  return (
    <>
      <ol className="trace-logs">
        {logs.map((log, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity; the list is replaced as a whole
          <li key={i} className={log.spanId === selected && selected !== '' ? 'selected' : ''}>
            <button type="button" className="plain" onClick={() => select(log.spanId)} title="Show its span">
              <span className="log-meta">
                <time title={clockTime(log.timeMs, zone)}>+{duration(Math.max(0, log.timeMs - startMs))}</time>
                <span className={`level level-${log.level || 'none'}`}>{log.level || 'none'}</span>
                <ServiceName service={log.service} />
              </span>
              <span className="log-body">{log.body}</span>
            </button>
          </li>
        ))}
      </ol>
      <p>
        <Link page="logs" params={{ trace: traceId }} interval={around(startMs, startMs + durationMs)}>
          Open in Logs
        </Link>
      </p>
    </>
  );
}
