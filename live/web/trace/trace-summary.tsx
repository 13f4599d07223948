/** What a trace spent its time on, and where else it can be seen. */
import type { Analysis, Session } from '../api/types.ts';
import { duration, percent } from '../format/number.ts';
import { ServiceName, serviceHue } from '../shell/service-name.tsx';
import { toolLinks } from '../shell/tools.ts';
import { FLAGS, type Trace } from './trace-model.ts';

interface TraceSummaryProps {
  trace: Trace;
  analysis: Analysis | undefined;
  select(spanId: string): void;
}

export function TraceSummary({ trace, analysis, select }: TraceSummaryProps) {
  const bottleneck = analysis?.bottleneck;
  const skewed = trace.flags.reduce((sum, flags) => sum + Number((flags & FLAGS.skewed) !== 0), 0);
  return (
    <>
      {analysis && (
        <>
          <h2>Time of their own</h2>
          <ul className="shares">
            {analysis.selfTime.map(({ service, selfMs, share }) => (
              <li key={service}>
                <ServiceName service={service} />
                <span className="share-bar">
                  <span className={`hue-${serviceHue(service)}`} style={{ width: `${Math.min(100, share * 100)}%` }} />
                </span>
                <b>{duration(selfMs)}</b>
                <span className="hint">{percent(share)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {bottleneck && (
        <>
          <h2>Suspected bottleneck</h2>
          <p>
            <button type="button" className="plain link" onClick={() => select(bottleneck.spanId)}>
              {bottleneck.service} {bottleneck.operation}
            </button>
            : {duration(bottleneck.selfMs)} of its own on the critical path, {percent(bottleneck.share)} of the trace.
          </p>
        </>
      )}
      {analysis && (
        <ul className="oddities">
          {analysis.totals.orphans > 0 && <li>{analysis.totals.orphans} spans whose parent is not held (find is:orphan)</li>}
          {analysis.totals.cycles > 0 && <li>{analysis.totals.cycles} spans that are their own ancestors (find is:cycle)</li>}
          {skewed > 0 && <li>{skewed} spans whose clock disagrees with their parent's (find is:skewed)</li>}
        </ul>
      )}
      <h2>Trace</h2>
      <p>
        <code className="breakable">{trace.traceId}</code>
      </p>
      <p className="hint">Select a span to see its attributes; ? lists the keys.</p>
    </>
  );
}

/** Links to the other tools that know this trace, and the file for Jaeger's upload. */
export function TraceLinks({ traceId, session }: { traceId: string; session: Session | undefined }) {
  return (
    <span className="links">
      {toolLinks(session?.links, { traceId }).map(({ name, href }) => (
        <a key={name} href={href}>
          {name}
        </a>
      ))}
      <a href={`/api/export?signal=traces&traceId=${traceId}`} download={`trace-${traceId}.json`}>
        OTLP JSON
      </a>
    </span>
  );
}
