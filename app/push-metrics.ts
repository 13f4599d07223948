import type { Registry } from 'prom-client';
import { otlpEndpoint, otlpHeaders } from '../telemetry/otlp.ts';
import { postOtlp } from '../telemetry/otlp-post.ts';
import { resource } from '../telemetry/resource.ts';

/** How often the metrics are sent, in milliseconds: for the live view, which shows seconds. */
const PERIOD = 1000;

/** A sample as `Registry.getMetricsAsJSON` has it. */
interface Sample {
  value: number;
  labels: Record<string, string | number>;
  metricName?: string;
  exemplar?: { labelSet: Record<string, string>; value: number; timestamp: number } | null;
}
interface Metric {
  name: string;
  help: string;
  type: unknown;
  values: Sample[];
}

/**
 * Sends what the registries hold to the OTLP endpoint every second (cumulative, OTLP's JSON), with exemplars, which OpenTelemetry's own metrics SDK does not have
 * in JavaScript. A request that fails loses nothing but resolution: the next one carries the same sums.
 */
export function pushMetrics(registries: Registry[], env: NodeJS.ProcessEnv): void {
  const url = `${otlpEndpoint(env)}/v1/metrics`;
  const headers = { ...otlpHeaders(env), 'content-type': 'application/json' };
  const startTimeUnixNano = nanoseconds(Date.now());
  const identity = { attributes: attributes(resource().attributes as Sample['labels']) };
  setInterval(async () => {
    const metrics = (await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()))).flat() as Metric[];
    const times = { startTimeUnixNano, timeUnixNano: nanoseconds(Date.now()) };
    const scopeMetrics = [{ scope: { name: 'sightline' }, metrics: metrics.map((metric) => otlpMetric(metric, times)) }];
    const body = JSON.stringify({ resourceMetrics: [{ resource: identity, scopeMetrics }] });
    await postOtlp(url, headers, body, PERIOD, env).catch(() => {});
  }, PERIOD).unref();
}

function otlpMetric({ name, help, type, values }: Metric, times: object): object {
  const point = ({ labels, value }: Sample) => ({ ...times, attributes: attributes(labels), asDouble: value });
  const cumulative = { aggregationTemporality: 2 };
  if (type === 'histogram')
    return { name, description: help, unit: 's', histogram: { ...cumulative, dataPoints: histogramPoints(values, times) } };
  if (type === 'counter')
    return { name, description: help, sum: { ...cumulative, isMonotonic: true, dataPoints: values.map(point) } };
  return { name, description: help, gauge: { dataPoints: values.map(point) } };
}

/** Prometheus' cumulative buckets, one sample each, as OTLP's points: bounds, counts between them, sum, count, exemplars. */
function histogramPoints(values: Sample[], times: object): object[] {
  const points = new Map<string, { labels: Sample['labels']; buckets: Sample[]; sum: number; count: number }>();
  for (const sample of values) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    const point = points.get(key) ?? { labels, buckets: [], sum: 0, count: 0 };
    points.set(key, point);
    if (sample.metricName?.endsWith('_sum')) point.sum = sample.value;
    else if (sample.metricName?.endsWith('_count')) point.count = sample.value;
    else point.buckets.push(sample);
  }
  return [...points.values()].map(({ labels, buckets, sum, count }) => ({
    ...times,
    attributes: attributes(labels),
    sum,
    count: String(count),
    explicitBounds: buckets.map(({ labels: { le } }) => Number(le)).filter(Number.isFinite),
    bucketCounts: buckets.map(({ value }, i) => String(value - (buckets[i - 1]?.value ?? 0))),
    exemplars: buckets.flatMap(({ exemplar }) => (exemplar ? [otlpExemplar(exemplar)] : [])),
  }));
}

function otlpExemplar({ labelSet, value, timestamp }: NonNullable<Sample['exemplar']>): object {
  const { trace_id: traceId, span_id: spanId, ...rest } = labelSet;
  return { traceId, spanId, asDouble: value, timeUnixNano: nanoseconds(timestamp * 1000), filteredAttributes: attributes(rest) };
}

const attributes = (labels: Sample['labels']) =>
  Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));

/** Milliseconds since 1970 as OTLP's JSON has times: a decimal string of nanoseconds. */
const nanoseconds = (milliseconds: number) => `${Math.round(milliseconds * 1000)}000`;
