import { createHistogram } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { brokenLimits, progressLine, summaryLines, type Tally } from './report.ts';

const LIMITS = { failedRatio: 0.01, p95Seconds: 0.5, droppedRatio: 0 };

function tally(changes: Partial<Tally> = {}): Tally {
  const durations = createHistogram();
  for (let i = 1; i <= 100; i++) durations.record(i * 1000);
  const statuses = new Map([
    [404, 2],
    [200, 98],
  ]);
  return { seconds: 3725, offered: 40, dropped: 0, inFlight: 3, statuses, failed: 0, durations, ...changes };
}

test('the progress line shows offered, started, dropped and served side by side', () => {
  expect(progressLine(tally({ dropped: 4 }))).toBe(
    '01:02:05  offered 40  started 36  dropped 4  in flight 3  served 100 (200: 98, 404: 2)  p95 95.0 ms',
  );
});

test('the summary tells the quantiles and the trace of the last failure', () => {
  const lastFailure = { request: 'POST /api/checkout', status: 503, traceId: 'abc' };
  const lines = summaryLines(tally({ failed: 1, lastFailure }), LIMITS);
  expect(lines).toContain('failed   1, last: POST /api/checkout -> 503, trace abc');
  expect(lines.find((line) => line.startsWith('took'))).toMatch(/p50 50\.\d ms, p95 95\.\d ms, p99 99\.\d ms/);
  expect(lines.at(-1)).toBe('limits held');
});

test('requests without an answer are not counted as served', () => {
  expect(progressLine(tally({ statuses: new Map([[0, 7]]) }))).toContain('served 0 (no answer: 7)');
});

test.each([
  ['failed requests 2.0%, limit 1.0%', { failed: 2 }],
  ['dropped journeys 10.0%, limit 0.0%', { dropped: 4 }],
])('%s is a broken limit', (phrase, changes) => {
  expect(brokenLimits(tally(changes), LIMITS)).toEqual([phrase]);
});

test('a slow 95th percentile is a broken limit', () => {
  expect(brokenLimits(tally(), { ...LIMITS, p95Seconds: 0.05 })).toEqual([
    expect.stringMatching(/^p95 95\.\d+ ms, limit 50 ms$/),
  ]);
});
