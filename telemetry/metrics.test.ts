import { TraceFlags, trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { createMetrics, exposition, observe } from './metrics.ts';
import { LABELS } from './signals.ts';

const labels = { [LABELS.method]: 'GET', [LABELS.route]: '/', [LABELS.status]: 200 };
const span = (traceFlags: number) =>
  trace.wrapSpanContext({ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', traceFlags });

it.each([
  ['a sampled span', span(TraceFlags.SAMPLED), true],
  ['a span that is not sampled', span(TraceFlags.NONE), false],
  ['no span', undefined, false],
])('an observation within %s counts; only a sampled one is an exemplar', async (_what, current, isExemplar) => {
  const { registry, requestDuration } = createMetrics();
  observe(requestDuration, labels, 0.02, current);
  const text = await exposition(registry);
  expect(text).toMatch(/^http_server_request_duration_seconds_count\{.*\} 1$/m);
  expect(text.includes('# {trace_id="5b8efff798038103d269b633813fc60c"')).toBe(isExemplar);
});
