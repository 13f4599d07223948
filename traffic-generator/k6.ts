/**
 * The k6 driver (k6 2, which runs TypeScript by itself):
 *
 *     SHAPE=rush TARGET=http://localhost:8080 k6 run traffic-generator/k6.ts
 *
 * Environment: TARGET (the shop's address), SHAPE (a row of shapes.ts, default steady), DURATION (`90s`, `5m`: the shape in another length),
 * SEED (a whole number: the same journeys again). Compose adds `--out opentelemetry`, which brings k6's own metrics to Prometheus.
 * An endless run wants K6_SUMMARY_MODE=disabled and K6_NO_THRESHOLDS=true: for these two k6 keeps every sample in memory.
 */
import { sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import type { Options } from 'k6/options';
import { answer, arrival, type ShopAnswer, type ShopRequest } from './journeys.ts';
import { isShape, offeredBy, parseDuration, SHAPE_NAMES, SHAPES, stretch } from './shapes.ts';

const {
  TARGET = 'http://localhost:8080',
  SHAPE = 'steady',
  DURATION = '',
  SEED = '',
} = __ENV as Record<string, string | undefined>;
if (!isShape(SHAPE)) throw new Error(`SHAPE is "${SHAPE}"; it is one of ${SHAPE_NAMES.join(', ')}`);
const seconds = parseDuration(DURATION);
if (DURATION && !seconds) throw new Error(`DURATION is "${DURATION}"; write it as 90s, 5m or 2h`);
const shape = seconds ? stretch(SHAPES[SHAPE], seconds) : SHAPES[SHAPE];

export const options: Options = {
  scenarios: {
    [SHAPE]: {
      executor: 'ramping-arrival-rate',
      startRate: shape.startRate,
      stages: shape.stages.map((stage) => ({ target: stage.rate, duration: `${Math.round(stage.seconds * 1000)}ms` })),
      preAllocatedVUs: Math.ceil(shape.maxInFlight / 4),
      maxVUs: shape.maxInFlight,
      gracefulStop: '10s',
    },
  },
  thresholds: {
    http_req_failed: [`rate<=${shape.limits.failedRatio}`],
    http_req_duration: [`p(95)<=${shape.limits.p95Seconds * 1000}`],
    dropped_iterations: [`count<=${Math.floor(shape.limits.droppedRatio * offeredBy(shape))}`],
  },
  setupTimeout: '2m',
  // No url, vu or iter: only tags of few values become labels in Prometheus.
  systemTags: ['name', 'method', 'status', 'scenario', 'expected_response', 'error_code'],
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
  userAgent: 'k6 (traffic-generator)',
};

/** Waits for the shop, at most as long as k6 lets this run; then one seed for all virtual users, so that arrival n is the same journey whoever makes it. */
export function setup(): { seed: number } {
  while (http.get(`${TARGET}/health/ready`, { responseCallback: http.expectedStatuses({ min: 0, max: 599 }) }).status !== 200)
    sleep(0.5);
  return { seed: SEED ? Number(SEED) : Date.now() };
}

/** Orders made by this virtual user. */
const orders: string[] = [];

export default function ({ seed }: { seed: number }): void {
  const journey = arrival(seed, exec.scenario.iterationInTest, orders);
  let step = journey.next();
  while (!step.done) step = journey.next(send(step.value));
}

function send(request: ShopRequest): ShopAnswer {
  const { status, body, headers } = http.request(request.method, TARGET + request.path, request.body ?? null, {
    headers: request.headers,
    tags: { name: request.name },
    responseCallback: http.expectedStatuses(...request.expect),
    redirects: 0,
    timeout: '10s',
  });
  return answer(status, typeof body === 'string' ? body : '', headers.Traceresponse);
}
