/** The metrics held, and the series of one with statistics. */
import { POINT_KINDS, type PointBlock } from './block.ts';
import { difference, explicitHistogram, exponentialHistogram, type Histogram, quantile, total } from './histogram.ts';
import type { Live } from './live.ts';
import { attributeTests, remembered, within } from './match.ts';
import { pointJson, pointValue } from './otlp-rows.ts';
import type { JsonObject } from './protobuf-to-json.ts';
import { NotFoundError } from './query.ts';
import { plainAttributes, timeMs } from './values.ts';

interface MetricRow {
  name: string;
  type: string;
  unit: string;
  description: string;
  services: string[];
  points: number;
  lastMs: number;
}

interface MetricFilter {
  service: string;
  attributes: string[];
  fromMs: number;
  toMs: number;
}

interface Point {
  block: PointBlock;
  row: number;
  timeMs: number;
}

interface Exemplar {
  timeMs: number;
  value: number;
  traceId: string;
  spanId: string;
}

const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'];
const DELTA = 1;
const MAX_EXEMPLARS = 100;

export function listMetrics(live: Live, service: string): MetricRow[] {
  const metrics = new Map<string, MetricRow & { of: Set<string> }>();
  for (const block of live.metrics.blocks(service === '' ? undefined : service)) {
    const bySet = new Map<number, MetricRow & { of: Set<string> }>();
    for (let row = 0; row < block.committed; row++) {
      const set = block.columns.metric[row] as number;
      let metric = bySet.get(set);
      if (metric === undefined) {
        const { name, type, unit, description } = plainAttributes(block, set) as Record<string, string>;
        metric = metrics.get(name ?? '') ?? {
          name: name ?? '',
          type: type ?? '',
          unit: unit ?? '',
          description: description ?? '',
          services: [],
          of: new Set(),
          points: 0,
          lastMs: 0,
        };
        metrics.set(metric.name, metric);
        metric.of.add(block.service);
        bySet.set(set, metric);
      }
      metric.points++;
      metric.lastMs = Math.max(metric.lastMs, timeMs(block.columns.time, row));
    }
  }
  return [...metrics.values()]
    .map(({ of, ...metric }) => ({ ...metric, services: [...of].sort() }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** @throws NotFoundError where no point of that name is held */
export function metricSeries(live: Live, name: string, filter: MetricFilter, limit: number, points: number): object {
  const { metric, series } = collect(live, name, filter);
  if (metric === undefined)
    throw new NotFoundError(`no metric "${name.slice(0, 200)}" is held: /api/metrics lists those that are`);
  const shown = [...series.values()].slice(0, limit);
  return {
    name,
    type: metric.type,
    unit: metric.unit,
    description: metric.description,
    temporality: TEMPORALITIES[Number(metric.temporality)] ?? 'unspecified',
    monotonic: metric.monotonic === true,
    series: shown.map((one) => oneSeries(one, points, Number(metric.temporality) === DELTA)),
    truncated: series.size > limit,
  };
}

/** The newest value of each series: a number, or a histogram's mean. */
export function latestValues(
  live: Live,
  name: string,
  service: string,
): { service: string; series: string; timeMs: number; value: number }[] {
  const { series } = collect(live, name, { service, attributes: [], fromMs: Number.NaN, toMs: Number.NaN });
  return [...series.values()].map(({ service: of, attributes, points }) => {
    const last = points.reduce((latest, point) => (point.timeMs >= latest.timeMs ? point : latest));
    const histogram = histogramOf(last);
    const value = histogram === undefined ? pointValue(last.block, last.row) : histogram.sum / histogram.count;
    const label = Object.entries(attributes).map(([key, one]) => `${key}=${typeof one === 'string' ? one : JSON.stringify(one)}`);
    return { service: of, series: label.join(', '), timeMs: last.timeMs, value };
  });
}

interface Collected {
  service: string;
  attributes: JsonObject;
  points: Point[];
}

function collect(
  live: Live,
  name: string,
  filter: MetricFilter,
): { metric: JsonObject | undefined; series: Map<string, Collected> } {
  const series = new Map<string, Collected>();
  let metric: JsonObject | undefined;
  for (const block of live.metrics.blocks(filter.service === '' ? undefined : filter.service)) {
    const described = new Map<number, JsonObject>();
    const isWanted = remembered((set) => {
      const one = plainAttributes(block, set);
      described.set(set, one);
      return one.name === name;
    });
    const tests = attributeTests(block, filter.attributes);
    if (tests === undefined) continue;
    const ids = new Map<number, Collected>();
    for (let row = 0; row < block.committed; row++) {
      const { columns } = block;
      const set = columns.metric[row] as number;
      if (!isWanted(set)) continue;
      metric = described.get(set);
      const ms = timeMs(columns.time, row);
      const attributes = columns.attributes[row] as number;
      const resource = columns.resource[row] as number;
      if (!within(ms, filter.fromMs, filter.toMs) || !tests.every((test) => test(attributes) || test(resource))) continue;
      const pair = resource * 2 ** 24 + attributes;
      const one = ids.get(pair) ?? seriesOf(series, block, resource, attributes);
      ids.set(pair, one);
      one.points.push({ block, row, timeMs: ms });
    }
  }
  return { metric, series };
}

/** A series is a service's resource with a set of attributes; of the resource the instance is shown, which is what tells two of a kind apart. */
function seriesOf(series: Map<string, Collected>, block: PointBlock, resource: number, attributes: number): Collected {
  const of = plainAttributes(block, resource);
  const own = plainAttributes(block, attributes);
  const key = JSON.stringify([block.service, of, Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1))]);
  const instance = of['service.instance.id'];
  const shown = instance === undefined ? own : { ...own, 'service.instance.id': instance };
  const one = series.get(key) ?? { service: block.service, attributes: shown, points: [] };
  series.set(key, one);
  return one;
}

function oneSeries({ service, attributes, points }: Collected, most: number, delta: boolean): object {
  const shown = points.sort((a, b) => a.timeMs - b.timeMs).slice(-most);
  const exemplars = shown.flatMap(exemplarsOf).slice(-MAX_EXEMPLARS);
  const head = { service, attributes, timesMs: shown.map((point) => point.timeMs) };
  const all = shown.map(histogramOf);
  const histograms = all.filter((one) => one !== undefined);
  if (histograms.length === 0) {
    const values = shown.map(({ block, row }) => pointValue(block, row));
    return { ...head, values, counts: [], p50: [], p90: [], p99: [], statistics: numberStatistics(values), exemplars };
  }
  const parts = histograms.map((one, i) => {
    const before = histograms[i - 1];
    return delta || before === undefined ? one : difference(before, one);
  });
  // The first cumulative point says what came since the process began, not since the point before.
  const within = delta || parts.length === 1 ? parts : parts.slice(1);
  return {
    ...head,
    values: parts.map(({ sum, count }) => (count === 0 ? Number.NaN : sum / count)),
    counts: parts.map(({ count }) => count),
    p50: parts.map((part) => quantile(part, 0.5)),
    p90: parts.map((part) => quantile(part, 0.9)),
    p99: parts.map((part) => quantile(part, 0.99)),
    statistics: histogramStatistics(total(within)),
    exemplars,
  };
}

function histogramOf({ block, row }: Point): Histogram | undefined {
  switch (POINT_KINDS[block.columns.kind[row] as number]) {
    case 'histogram':
      return explicitHistogram(pointJson({ block, row }));
    case 'exponentialHistogram':
      return exponentialHistogram(pointJson({ block, row }));
    case 'summary': {
      const { count, sum } = pointJson({ block, row });
      return { count: Number(count ?? 0), sum: Number(sum ?? 0), min: Number.NaN, max: Number.NaN, buckets: [] };
    }
    default:
      return undefined;
  }
}

function exemplarsOf({ block, row }: Point): Exemplar[] {
  if (block.columns.rest[row] === 0) return [];
  const { exemplars } = pointJson({ block, row });
  return ((exemplars ?? []) as JsonObject[]).map(({ timeUnixNano, asDouble, asInt, traceId, spanId }) => ({
    timeMs: Number(timeUnixNano ?? 0) / 1e6,
    value: Number(asDouble ?? asInt ?? Number.NaN),
    traceId: String(traceId ?? ''),
    spanId: String(spanId ?? ''),
  }));
}

function numberStatistics(values: readonly number[]): object {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const rank = (q: number): number => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
  return {
    count: sorted.length,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    mean: sorted.length === 0 ? Number.NaN : sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    p50: rank(0.5),
    p90: rank(0.9),
    p95: rank(0.95),
    p99: rank(0.99),
  };
}

function histogramStatistics(histogram: Histogram): object {
  const { count, sum, min, max } = histogram;
  const at = (q: number): number => quantile(histogram, q);
  return {
    count,
    min,
    max,
    mean: count === 0 ? Number.NaN : sum / count,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
  };
}
