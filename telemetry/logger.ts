import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import pino, { type DestinationStream, type Logger } from 'pino';
import roll from 'pino-roll';
import type { Counter } from 'prom-client';
import { redact } from './redact.ts';
import { SPAN_ID, TRACE_ID } from './signals.ts';

export interface LogOptions {
  /** The value of the field `service`. */
  service: string;
  /** Folder for `<service>.<n>.log`; none: standard output only. */
  directory?: string | undefined;
  /** Address of Loki for LOG_TRANSPORT=loki: lines go there by pino-loki instead of to a file. It does not retry: a failed batch is lost. */
  lokiUrl?: string | undefined;
  /** Counts lines by the label `level`, so that what a store holds can be held against what was written. */
  lines?: Counter<'level'> | undefined;
  level?: string | undefined;
}

/**
 * A JSON logger: `time` (ISO 8601, UTC), `level` (name), `service`, `msg`, and, inside a traced request, `trace_id` and `span_id` (added by
 * instrumentation-pino). Card numbers, e-mail addresses and bearer tokens are masked in the finished line, wherever they stand.
 * Each line goes to standard output and to one file, or to Loki.
 */
export async function createLogger(options: LogOptions): Promise<Logger> {
  const streams: DestinationStream[] = [pino.destination({ fd: 1, sync: false })];
  if (options.lokiUrl) streams.push(lokiStream(options.lokiUrl, options.service));
  else if (options.directory) streams.push(await fileStream(options.directory, options.service));
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: options.lokiUrl ? pino.stdTimeFunctions.epochTime : pino.stdTimeFunctions.isoTime,
      // pino-loki maps numeric levels itself; everywhere else the level is a name.
      ...(options.lokiUrl && { mixin: traceMetadata }),
      formatters: options.lokiUrl ? {} : { level: (label) => ({ level: label }) },
      hooks: {
        streamWrite: redact,
        logMethod(args, method, level) {
          options.lines?.inc({ level: this.levels.labels[level] ?? String(level) });
          method.apply(this, args);
        },
      },
    },
    pino.multistream(streams.map((stream) => ({ stream, level: 'trace' as const }))),
  );
}

/**
 * Files are numbered, never renamed and never truncated: a reader that follows `*.log` finds each line in the file it was written to.
 * Three older files of 10 MB stay, which is hours for a reader that fell behind.
 */
function fileStream(directory: string, service: string) {
  return roll({ file: join(directory, service), size: '10m', mkdir: true, limit: { count: 3, removeOtherLogFiles: true } });
}

/** pino-loki makes structured metadata of the object `meta` only. */
function traceMetadata(): object {
  const context = trace.getActiveSpan()?.spanContext();
  return context ? { meta: { [TRACE_ID]: context.traceId, [SPAN_ID]: context.spanId } } : {};
}

function lokiStream(host: string, service: string): DestinationStream {
  return pino.transport({
    target: 'pino-loki',
    options: { host, batching: { interval: 1 }, labels: { service_name: service }, replaceTimestamp: false },
  });
}
