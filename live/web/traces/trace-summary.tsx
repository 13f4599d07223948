/** What a trace spent its time on, and where else it can be seen. */
import type { Analysis, Session } from '../api/types.ts';
import { duration, percent } from '../format/number.ts';
import { ServiceName, serviceHue } from '../shell/service-name.tsx';
import type { Trace } from './trace-model.ts';

interface TraceSummaryProps {
  trace: Trace;
  analysis: Analysis | undefined;
  select(spanId: string): void;
}

export function TraceSummary({ trace, analysis, select }: TraceSummaryProps) {
  const bottleneck = analysis?.bottleneck;
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
          {analysis.orphans.length > 0 && <li>{analysis.orphans.length} spans whose parent is not held (find is:orphan)</li>}
          {analysis.cycles.length > 0 && <li>{analysis.cycles.length} spans that are their own ancestors (find is:cycle)</li>}
          {analysis.skewed.length > 0 && (
            <li>{analysis.skewed.length} spans whose clock disagrees with their parent's (find is:skewed)</li>
          )}
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

const TOOLS: Record<string, string> = { jaeger: 'Jaeger', grafana: 'Grafana', shop: 'Shop' };

/** Links to the other tools that know this trace, and the file for Jaeger's upload. */
export function TraceLinks({ traceId, session }: { traceId: string; session: Session | undefined }) {
  const links = Object.entries(session?.links ?? {}).filter(([, address]) => address.includes('{traceId}'));
  return (
    <span className="links">
      {links.map(([tool, address]) => (
        <a key={tool} href={address.replace('{traceId}', traceId)}>
          {TOOLS[tool] ?? tool}
        </a>
      ))}
      <a href={`/api/export?signal=traces&traceId=${traceId}`} download={`trace-${traceId}.json`}>
        OTLP JSON
      </a>
    </span>
  );
}
