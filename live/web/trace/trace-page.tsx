/** Room trace: one trace: its waterfall, and beside it the summary, the selected span, the logs and the metrics of the time. */
import { useMemo } from 'react';
import { counted, duration, exact } from '../format/number.ts';
import { dateTime } from '../format/time.ts';
import { useConnection } from '../shell/connection.tsx';
import { useNavigation, useParam } from '../shell/navigation.tsx';
import { AnswerState } from '../shell/states.tsx';
import { Minimap } from './minimap.tsx';
import { SpanMetrics } from './span-metrics.tsx';
import { SpanPanel } from './span-panel.tsx';
import { TraceLogs } from './trace-logs.tsx';
import { rowOf, spanId, type Trace } from './trace-model.ts';
import { TraceLinks, TraceSummary } from './trace-summary.tsx';
import { TraceToolbar } from './trace-toolbar.tsx';
import { type LoadedTrace, useTrace } from './use-trace.ts';
import { useTraceControls } from './use-trace-controls.ts';
import { Waterfall } from './waterfall.tsx';

export function TracePage() {
  const { place } = useNavigation();
  const loaded = useTrace(place.id);
  if (loaded.trace) return <LoadedTracePage key={place.id} trace={loaded.trace} loaded={loaded} />;
  return (
    <>
      <div className="title">
        <h1>Trace</h1>
      </div>
      <AnswerState answer={loaded.answer} what="trace" />
      {loaded.answer.error?.status === 404 && (
        <p className="loading">
          The live view keeps what is recent. An older trace may be in Jaeger; a new one may need a second to arrive.
        </p>
      )}
    </>
  );
}

const PANELS = ['summary', 'span', 'logs', 'metrics'] as const;

function LoadedTracePage({ trace, loaded }: { trace: Trace; loaded: LoadedTrace }) {
  const { zone } = useNavigation();
  const { session } = useConnection();
  const controls = useTraceControls(trace);
  const { selected } = controls;
  const [panelParam, setPanel] = useParam('panel');
  const panel = PANELS.find((name) => name === panelParam) ?? (selected >= 0 ? 'span' : 'summary');
  const matches = useMemo(() => (controls.query ? new Set(controls.matches) : undefined), [controls.query, controls.matches]);
  const root = trace.order[0] ?? 0;
  const shown = selected >= 0 ? selected : root;
  const serviceOf = (row: number) => trace.services[trace.service[row] ?? 0] ?? '';
  const selectId = (id: string) => controls.select(rowOf(trace, id));
  const logs = loaded.logs.data?.logs.length;

  return (
    <>
      <div className="title">
        <h1>
          {serviceOf(root)} <span className="operation">{trace.operations[trace.operation[root] ?? 0]}</span>
        </h1>
        <span className="hint">
          {dateTime(trace.startMs, zone)} · <b>{duration(trace.durationMs)}</b> · {counted(trace.count, 'span')} ·{' '}
          {counted(trace.services.length, 'service')}
          {trace.errors > 0 && <b className="bad"> · {exact(trace.errors)} failed</b>}
        </span>
        <span className="push">
          <TraceLinks traceId={trace.traceId} session={session} />
          <button type="button" onClick={loaded.answer.reload} title="Load spans that came since">
            Reload
          </button>
        </span>
      </div>
      <TraceToolbar controls={controls} />
      <div className="trace-grid">
        <section className="panel waterfall-panel" aria-label="Spans">
          <Minimap trace={trace} zoom={controls.zoom} setZoom={controls.setZoom} />
          <Waterfall
            trace={trace}
            collapsed={controls.collapsed}
            fold={controls.fold}
            selected={selected}
            select={controls.select}
            zoom={controls.zoom}
            setZoom={controls.setZoom}
            matches={matches}
            critical={controls.critical ? loaded.critical : undefined}
            logs={loaded.marks}
          />
        </section>
        <section className="panel side-panel" aria-label="Details">
          <div className="tabs" role="tablist">
            {PANELS.map((name) => (
              <button
                key={name}
                type="button"
                role="tab"
                id={`tab-${name}`}
                aria-selected={panel === name}
                aria-controls="trace-panel"
                disabled={name === 'span' && selected < 0}
                onClick={() => setPanel(name)}
              >
                {name}
                {name === 'logs' && logs ? ` ${logs}` : ''}
              </button>
            ))}
          </div>
          <div
            id="trace-panel"
            role="tabpanel"
            aria-labelledby={`tab-${panel}`}
            className="side-content"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolling by keyboard needs the focus
            tabIndex={0}
          >
            {panel === 'summary' && <TraceSummary trace={trace} analysis={loaded.analysis} select={selectId} />}
            {panel === 'span' && selected >= 0 && <SpanPanel key={selected} trace={trace} row={selected} />}
            {panel === 'logs' && (
              <TraceLogs
                traceId={trace.traceId}
                startMs={trace.startMs}
                durationMs={trace.durationMs}
                answer={loaded.logs}
                selected={selected >= 0 ? spanId(trace, selected) : ''}
                select={selectId}
              />
            )}
            {panel === 'metrics' && (
              <SpanMetrics
                key={serviceOf(shown)}
                service={serviceOf(shown)}
                startMs={trace.startMs + (trace.start[shown] ?? 0)}
                endMs={trace.startMs + (trace.start[shown] ?? 0) + (trace.duration[shown] ?? 0)}
              />
            )}
          </div>
        </section>
      </div>
    </>
  );
}
