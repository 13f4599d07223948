/** Metrics of a span's service around its time. */
import { useCallback, useState } from 'react';
import { apiPath } from '../api/request.ts';
import type { Metric, MetricSeries } from '../api/types.ts';
import { useApi } from '../api/use-api.ts';
import { linesOf, SHOWS, showsFor } from '../metrics/series.ts';
import { paintSmallChart } from '../metrics/small-chart.ts';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { useDragInterval } from '../shell/drag-interval.ts';
import { between } from '../shell/interval.ts';
import { Link } from '../shell/navigation.tsx';
import { AnswerState, Empty } from '../shell/states.tsx';

const AROUND_MS = 60_000;
/** What its link shows on either side. */
const BESIDE_MS = 150_000;
const SHOWN = 4;

interface SpanMetricsProps {
  service: string;
  startMs: number;
  endMs: number;
}

export function SpanMetrics({ service, startMs, endMs }: SpanMetricsProps) {
  const answer = useApi<{ metrics: Metric[] }>(apiPath('/api/metrics', { service }));
  const [shown, setShown] = useState(SHOWN);
  if (!answer.data) return <AnswerState answer={answer} what={`metrics of ${service}`} />;
  // What took how long says most beside a trace.
  const metrics = [...answer.data.metrics].sort(
    (a, b) => Number(b.type.includes('istogram')) - Number(a.type.includes('istogram')),
  );
  if (metrics.length === 0) {
    return (
      <Empty title={`No metrics of ${service} are held.`}>
        <p>Its SDK may not send any over OTLP: set OTEL_METRICS_EXPORTER=otlp.</p>
      </Empty>
    );
  }
  return (
    <>
      <p className="hint">{service}, one minute before and after; the mark is the span.</p>
      {metrics.slice(0, shown).map((metric) => (
        <Around key={metric.name} metric={metric} service={service} startMs={startMs} endMs={endMs} />
      ))}
      {metrics.length > shown && (
        <button type="button" onClick={() => setShown(shown + SHOWN)}>
          {Math.min(SHOWN, metrics.length - shown)} more of {metrics.length}
        </button>
      )}
    </>
  );
}

function Around({ metric, service, startMs, endMs }: SpanMetricsProps & { metric: Metric }) {
  const [fromMs, toMs] = [startMs - AROUND_MS, endMs + AROUND_MS];
  const path = apiPath(`/api/metrics/${encodeURIComponent(metric.name)}`, {
    service,
    from: Math.floor(fromMs),
    to: Math.ceil(toMs),
    groupBy: [''],
  });
  const answer = useApi<MetricSeries>(path);
  const drag = useDragInterval({ range: () => [fromMs, toMs] });
  const data = answer.data;
  const show = data ? showsFor(data)[0] : undefined;
  const paint = useCallback<Painter>(
    (context, width, height, palette) => {
      if (!data || !show) return;
      const lines = linesOf(data, show);
      paintSmallChart(
        context,
        width,
        height,
        { lines, fromMs, toMs, markFromMs: startMs, markToMs: endMs, unit: data.unit },
        palette,
      );
    },
    [data, show, fromMs, toMs, startMs, endMs],
  );
  return (
    <figure className="small-chart">
      <figcaption>
        <Link
          page="metric"
          id={metric.name}
          params={{ service, at: String(Math.round(startMs)) }}
          interval={between(startMs - BESIDE_MS, endMs + BESIDE_MS)}
        >
          {metric.name}
        </Link>{' '}
        <span className="hint">{show && SHOWS[show]}</span>
      </figcaption>
      {data ? (
        <div className="small-chart-box" ref={drag}>
          <Canvas label={`${metric.name} around the span`} paint={paint} />
        </div>
      ) : (
        <AnswerState answer={answer} what="metric" />
      )}
    </figure>
  );
}
