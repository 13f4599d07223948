import { afterAll, beforeAll, expect, it } from 'vitest';
import { SERVICES } from '../telemetry/signals.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import { startTestShop, type TestShop } from './testing/shop.ts';

/** A shop that is told to send all its signals by OTLP, as it does for the live view. */
let test: TestShop;
beforeAll(async () => {
  test = await startTestShop({ OTEL_LOGS_EXPORTER: 'otlp', METRICS_TRANSPORT: 'otlp' });
});
afterAll(() => test?.stop());

interface Points {
  dataPoints: {
    attributes: { key: string; value: { stringValue: string } }[];
    bucketCounts: string[];
    explicitBounds: number[];
    count: string;
    exemplars: { traceId: string }[];
  }[];
}

it('sends the log lines of a request with its trace, its severity, and no personal data', async () => {
  const { traceId } = await test.checkout({
    email: 'canary@example.com',
    card: { number: '4000000000000002', expiry: '12/39', cvc: '123' },
  });
  const lines = () => test.receiver.logs.filter((log) => log.traceId === traceId);
  await eventually(
    'lines of every service',
    () => new Set(lines().map(({ resource }) => resource['service.name'])).size === SERVICES.length,
  );
  expect(lines()).toContainEqual(expect.objectContaining({ body: 'order cancelled', severity: 13 }));
  expect(JSON.stringify(test.receiver.logs)).not.toContain('canary@example.com');
});

it('sends the metrics that Prometheus would scrape: the same counts, with exemplars that are traces', async () => {
  const { traceId } = await test.get('/api/products/1');
  const histogram = () => {
    const all = JSON.parse(JSON.stringify(test.receiver.metrics.slice(-8))) as {
      resourceMetrics: { scopeMetrics: { metrics: { name: string; histogram?: Points }[] }[] }[];
    }[];
    const metrics = all.flatMap(({ resourceMetrics }) =>
      resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)),
    );
    const points = metrics
      .filter(({ name }) => name === 'http_server_request_duration_seconds')
      .flatMap((metric) => metric.histogram?.dataPoints ?? []);
    return points.find(({ exemplars }) => exemplars.some((exemplar) => exemplar.traceId === traceId));
  };
  const point = await eventually('the point with the exemplar', histogram);
  expect(point.bucketCounts.length).toBe(point.explicitBounds.length + 1);
  expect(point.bucketCounts.reduce((sum, count) => sum + Number(count), 0)).toBe(Number(point.count));
  const names = new Set(JSON.stringify(test.receiver.metrics).match(/"name":"[\w]+"/g));
  expect([...names]).toEqual(
    expect.arrayContaining(['"name":"nodejs_eventloop_lag_seconds"', '"name":"otel_sdk_processor_span_processed_total"']),
  );
});
