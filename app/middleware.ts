import { context, isSpanContextValid, trace } from '@opentelemetry/api';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { type Metrics, observe } from '../telemetry/metrics.ts';
import { LABELS, UNMATCHED_ROUTE } from '../telemetry/signals.ts';
import { databaseIsAway, HttpError, RETRY_AFTER_SECONDS, unavailable } from './errors.ts';

/** Tells the caller which trace its request became: `traceresponse` (W3C Trace Context level 2 draft) and, readable for a page's scripts, Server-Timing. */
export const traceHeaders: RequestHandler = (_request, response, next) => {
  const span = trace.getActiveSpan()?.spanContext();
  if (span && isSpanContextValid(span)) {
    const value = `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
    response.set({ traceresponse: value, 'server-timing': `traceparent;desc="${value}"` });
  }
  next();
};

/** Measures each request and writes one log line for it, inside its span. */
export function observeRequests(metrics: Metrics, logger: Logger): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const span = trace.getActiveSpan();
    const method = request.method;
    metrics.activeRequests.inc({ [LABELS.method]: method });
    const done = () => {
      metrics.activeRequests.dec({ [LABELS.method]: method });
      const seconds = (performance.now() - started) / 1000;
      const route = request.route ? request.baseUrl + request.route.path : UNMATCHED_ROUTE;
      // 499, as nginx has it: the caller closed the connection before there was an answer.
      const status = response.writableFinished ? response.statusCode : 499;
      observe(
        metrics.requestDuration,
        { [LABELS.method]: method, [LABELS.route]: route, [LABELS.status]: status },
        seconds,
        span,
      );
      const level = status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
      logger[level]({ method, route, status, duration_seconds: Number(seconds.toFixed(6)) }, `${method} ${route} ${status}`);
    };
    response.once('close', context.bind(context.active(), done));
    next();
  };
}

export const notFound: RequestHandler = (request) => {
  throw new HttpError(404, 'not_found', `no route ${request.method} ${request.path}`);
};

/** Answers errors: HttpError as it says, a database that is away as 503, a malformed body as 400, anything else as 500 without its details. */
export function answerErrors(logger: Logger): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const error = asHttpError(thrown);
    if (error.status >= 500) {
      trace.getActiveSpan()?.recordException(thrown);
      logger.error({ err: thrown }, `${request.method} ${request.route?.path ?? UNMATCHED_ROUTE} failed: ${thrown.message}`);
    }
    if (error.status === 503) response.set('retry-after', String(RETRY_AFTER_SECONDS));
    response.status(error.status).json(error.body);
  };
}

function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (databaseIsAway(error)) return unavailable('the database');
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  if (status >= 400 && status < 500) return new HttpError(status, 'invalid_input', (error as Error).message, { field: 'body' });
  return new HttpError(500, 'internal', 'an unexpected error; its log line has the trace id of this answer');
}
