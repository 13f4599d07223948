/** A metric that is renewed a few points at a time: asking for all of them again each time would cost the server far more than it brings. */
import type { MetricSeries, Series } from '../api/types.ts';

/**
 * Without the first point of each series where points are differences: a cumulative histogram's first says what came since its process began, not
 * since the point before.
 */
export function withoutFirst<M extends Pick<MetricSeries, 'type' | 'temporality' | 'series'>>(metric: M): M {
  const differences = metric.temporality === 'cumulative' && metric.type !== 'gauge' && metric.type !== 'sum';
  return differences ? dropFirst(metric) : metric;
}

/** Without the first point of each series: where series are merged slot by slot, an answer may begin in the middle of one. */
export function dropFirst<M extends Pick<MetricSeries, 'series'>>(metric: M): M {
  return { ...metric, series: metric.series.map((series) => slicePoints(series, 1)) };
}

/** The widest distance of neighbouring points, in ms; 0 where no two are held. */
export function widestStep({ series }: Pick<MetricSeries, 'series'>): number {
  return series.reduce(
    (most, { timesMs }) => timesMs.reduce((wide, ms, i) => Math.max(wide, ms - (timesMs[i - 1] ?? ms)), most),
    0,
  );
}

/** `held` up to where `newer` begins, then `newer`; without what is before `fromMs`. Statistics stay what they were. */
export function appendPoints<M extends Pick<MetricSeries, 'series'>>(held: M, newer: M, fromMs: number): M {
  const byName = new Map(newer.series.map((series) => [nameOf(series), series]));
  const series = held.series.map((one) => {
    const more = byName.get(nameOf(one));
    byName.delete(nameOf(one));
    return dropBefore(more ? joinPoints(one, more) : one, fromMs);
  });
  return { ...held, series: [...series, ...byName.values()] };
}

const COLUMNS = ['timesMs', 'values', 'counts', 'p50', 'p90', 'p99'] as const satisfies readonly (keyof Series)[];

function joinPoints(held: Series, newer: Series): Series {
  const begin = newer.timesMs[0];
  if (begin === undefined) return held;
  const at = held.timesMs.findIndex((ms) => ms >= begin);
  const kept = at < 0 ? held.timesMs.length : at;
  const exemplars = [...held.exemplars, ...newer.exemplars];
  const seen = new Map(exemplars.map((one) => [`${one.traceId} ${one.spanId} ${one.timeMs}`, one]));
  const joined = { ...held, exemplars: [...seen.values()] };
  for (const name of COLUMNS) Object.assign(joined, { [name]: [...held[name].slice(0, kept), ...newer[name]] });
  return joined;
}

function dropBefore(series: Series, fromMs: number): Series {
  const first = series.timesMs.findIndex((ms) => ms >= fromMs);
  const kept = first > 0 ? slicePoints(series, first) : series;
  return { ...kept, exemplars: kept.exemplars.filter(({ timeMs }) => timeMs >= fromMs) };
}

function slicePoints(series: Series, from: number): Series {
  const out = { ...series };
  for (const name of COLUMNS) Object.assign(out, { [name]: series[name].slice(from) });
  return out;
}

const nameOf = ({ service, attributes }: Series): string => `${service} ${JSON.stringify(attributes)}`;
