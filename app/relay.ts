import { TraceFlags, trace } from '@opentelemetry/api';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Logger } from 'pino';
import { type Metrics, observe } from '../telemetry/metrics.ts';
import { BROWSER_CLOCK, BROWSER_TRACES, LABELS, VITALS } from '../telemetry/signals.ts';
import { type BrowserSpan, type BrowserSpans, browserSpans, onOurClock, spansOf, vitalOf } from './browser-spans.ts';
import { HttpError } from './errors.ts';
import { forwardTo } from './forward.ts';
import { parse } from './schemas.ts';

/** A page sends at most two batches a second, each below 60 KiB. */
const BODY_LIMIT = '64kb';
const WINDOW_MILLISECONDS = 10_000;
const REQUESTS_PER_ADDRESS = 60;
const REQUESTS_OF_ALL = 600;
/** Batches that may be on their way at once: the page is told to come again, and the shop does not feel it. */
const MOST_UNDER_WAY = 8;

/** What can become of a request: the values of `outcome`. */
const OUTCOMES = [
  'taken',
  'lost',
  'foreign_origin',
  'content_type',
  'too_large',
  'malformed',
  'rate_limited',
  'overloaded',
] as const;
type Outcome = (typeof OUTCOMES)[number];

export interface RelayOptions {
  /** Base of an OTLP/HTTP endpoint. */
  endpoint: string;
  /** A key that may send traces and do nothing else. */
  token: string | undefined;
  metrics: Metrics;
  logger: Logger;
}

export interface Relay {
  router: Router;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/**
 * Takes the spans of the shop's page, from its own origin only, and passes them on. An answer does not wait for that: 200 says that they are under way.
 * A request is refused in one line with 403 (another origin), 415, 413, 400, 429 (too many) or 503 (too many under way); each is counted by what became of it.
 */
export function createRelay({ endpoint, token, metrics, logger }: RelayOptions): Relay {
  const underWay = new Set<Promise<void>>();
  const count = (outcome: Outcome) => metrics.browserRequests.inc({ [LABELS.outcome]: outcome });
  for (const outcome of OUTCOMES) metrics.browserRequests.inc({ [LABELS.outcome]: outcome }, 0);
  for (const outcome of ['taken', 'lost']) metrics.browserSpans.inc({ [LABELS.outcome]: outcome }, 0);
  for (const vital of VITALS) if (vital !== 'cls') metrics.webVital.zero({ [LABELS.vital]: vital });

  const send = forwardTo(`${endpoint.replace(/\/+$/, '')}${BROWSER_TRACES}`, token, logger);
  const pass = async (spans: BrowserSpans) => {
    const all = spansOf(spans);
    const lost = await send(spans, all.length);
    count(lost > 0 ? 'lost' : 'taken');
    metrics.browserSpans.inc({ [LABELS.outcome]: 'lost' }, lost);
    metrics.browserSpans.inc({ [LABELS.outcome]: 'taken' }, all.length - lost);
  };
  const take: RequestHandler = (request, response) => {
    const spans = onOurClock(parse(browserSpans, request.body), Number(request.get(BROWSER_CLOCK) ?? Number.NaN));
    if (underWay.size >= MOST_UNDER_WAY)
      throw new HttpError(503, 'overloaded', `${MOST_UNDER_WAY} batches of spans are under way: try again in a second`);
    for (const span of spansOf(spans)) observeVital(metrics, span);
    const passing = pass(spans).finally(() => underWay.delete(passing));
    underWay.add(passing);
    response.json({});
  };
  const refuse: ErrorRequestHandler = (error, _request, response, _next) => {
    const refusal = asRefusal(error);
    count(refusal.code as Outcome);
    if (refusal.status === 503) response.set('retry-after', '1');
    response.status(refusal.status).json(refusal.body);
  };

  const router = express.Router();
  router.use(BROWSER_TRACES, ownOrigin);
  router.options(BROWSER_TRACES, (_request, response) => {
    response
      .set({ 'access-control-allow-methods': 'POST', 'access-control-allow-headers': `content-type, ${BROWSER_CLOCK}` })
      .sendStatus(204);
  });
  router.post(
    BROWSER_TRACES,
    limit(REQUESTS_PER_ADDRESS),
    limit(REQUESTS_OF_ALL, () => 'all'),
    onlyJson,
  );
  router.post(BROWSER_TRACES, express.json({ limit: BODY_LIMIT, inflate: false }), take);
  router.use(BROWSER_TRACES, refuse);
  return { router, close: async () => void (await Promise.all(underWay)) };
}

/** A browser says where a page is from, and no page can say otherwise; this one is from the host that it asks. */
const ownOrigin: RequestHandler = (request, response, next) => {
  const { origin, host } = request.headers;
  response.vary('origin');
  if (origin === undefined || !URL.canParse(origin) || new URL(origin).host !== host)
    throw new HttpError(
      403,
      'foreign_origin',
      `spans of ${origin ?? 'no origin'} are not taken here: only the shop's own page sends them`,
    );
  response.set('access-control-allow-origin', origin);
  next();
};

const onlyJson: RequestHandler = (request, _response, next) => {
  const { 'content-type': type = 'none', 'content-encoding': encoding = 'identity' } = request.headers;
  if (!request.is('application/json') || encoding !== 'identity')
    throw new HttpError(415, 'content_type', `${type}, ${encoding}: send application/json without compression`);
  next();
};

const limit = (requests: number, keyGenerator?: (request: Request) => string): RequestHandler =>
  rateLimit({
    limit: requests,
    windowMs: WINDOW_MILLISECONDS,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    ...(keyGenerator && { keyGenerator }),
    // Behind a proxy all visitors share an address, and so a limit; express's `trust proxy` tells them apart where there is one.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_request, _response, next) =>
      next(
        new HttpError(429, 'rate_limited', `more than ${requests} requests in ${WINDOW_MILLISECONDS / 1000} s: try again later`),
      ),
  });

/** Errors of the body's parser are the sender's, too. */
function asRefusal(error: unknown): HttpError {
  if (error instanceof HttpError) {
    return error.code === 'invalid_input' ? new HttpError(400, 'malformed', error.message, error.details) : error;
  }
  const tooLarge = error instanceof Error && 'status' in error && error.status === 413;
  if (tooLarge) return new HttpError(413, 'too_large', `the body is larger than ${BODY_LIMIT}: send smaller batches`);
  return new HttpError(400, 'malformed', `the body is no JSON: ${error instanceof Error ? error.message : error}`);
}

function observeVital(metrics: Metrics, span: BrowserSpan): void {
  const vital = vitalOf(span);
  if (!vital) return;
  const of = trace.wrapSpanContext({ traceId: span.traceId, spanId: span.spanId, traceFlags: TraceFlags.SAMPLED });
  if (vital.name === 'cls') observe(metrics.layoutShift, {}, vital.value, of);
  else observe(metrics.webVital, { [LABELS.vital]: vital.name }, vital.value / 1000, of);
}
