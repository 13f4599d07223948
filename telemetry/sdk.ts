import { createRequire } from 'node:module';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { type Instrumentation, InstrumentationBase, registerInstrumentations } from '@opentelemetry/instrumentation';
import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http';
import { ProtobufTraceSerializer, TraceExporterMetricsHelper } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import { EmitContextManager } from './context.ts';
import { reportDelivery, requestLines } from './delivery.ts';
import { encodeSpans } from './encode-spans.ts';
import { ExpressMounts } from './express-route.ts';
import { traceServers } from './http-server.ts';
import { otlpEndpoint, otlpToken } from './otlp.ts';
import { resource } from './resource.ts';
import { spanCounts } from './span-counts.ts';

/**
 * The instrumentations in use, by the names of `@opentelemetry/auto-instrumentations-node`'s packages, with their configuration.
 * Only these are loaded: importing the whole set costs every process 20 MB and 170 ms, and router, net and dns duplicate spans.
 * A foreign service picks others with the standard variable, for example OTEL_NODE_ENABLED_INSTRUMENTATIONS=http,express,mysql2,ioredis.
 * `express`, and what comes in by `http`, are our own: express-route.ts and http-server.ts.
 */
const INSTRUMENTATIONS: Record<string, object> = {
  http: { disableIncomingRequestInstrumentation: true },
  pg: { requireParentSpan: true, ignoreConnectSpans: true, addSqlCommenterCommentToQueries: true },
  undici: { requireParentforSpans: true },
  pino: {},
};

/** Probes, scrapes, controls and telemetry itself: no request of a user, so no spans. */
const UNTRACED = /^\/(metrics|health|healthz|livez|readyz|control|v1\/traces)(\/|\?|$)/;

/** The process's own counts of spans; the service serves this registry beside its own. */
export const spanMetrics = spanCounts();

/**
 * Starts tracing as the OTEL_* variables say: spans go by OTLP/HTTP (protobuf) to OTEL_EXPORTER_OTLP_ENDPOINT in batches of 200 ms, with the
 * bearer token of OTLP_TOKEN_FILE or the headers of OTEL_EXPORTER_OTLP_HEADERS; without an endpoint each request is printed as one line.
 * With OTEL_LOGS_EXPORTER=otlp pino's lines go there as well.
 */
export async function startTelemetry(env: NodeJS.ProcessEnv): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  // Failed exports also reach this handler, whose default prints a stack each time; reportDelivery has said it already, once.
  setGlobalErrorHandler(() => {});
  const processor = new BatchSpanProcessor(exporter(env, say), {
    scheduledDelayMillis: 200,
    maxQueueSize: 8192,
    // The option is the base class's (sdk-trace's BatchSpanProcessorOptions); the shim's type does not name it but passes it on.
    ...{ selfObsMeterProvider: spanMetrics.meterProvider },
  });
  const identity = resource();
  const provider = new NodeTracerProvider({ resource: identity, spanProcessors: [processor] });
  provider.register({ contextManager: new EmitContextManager() });
  const sendsLogs = env.OTEL_LOGS_EXPORTER === 'otlp' && otlpEndpoint(env) !== undefined;
  if (sendsLogs) await startLogs(env, identity);
  const names = env.OTEL_NODE_ENABLED_INSTRUMENTATIONS?.split(',').map((name) => name.trim()) ?? [
    'express',
    ...Object.keys(INSTRUMENTATIONS),
  ];
  if (names.includes('http')) traceServers(UNTRACED);
  registerInstrumentations({ tracerProvider: provider, instrumentations: instrumentations(names, sendsLogs) });
}

function exporter(env: NodeJS.ProcessEnv, say: (line: string) => void): SpanExporter {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? otlpEndpoint(env);
  if (!endpoint) return requestLines((line) => process.stdout.write(`${line}\n`));
  const headers = { 'Content-Type': 'application/x-protobuf' };
  const options = convertLegacyHttpOptions({ headers: otlpToken(env) }, 'TRACES', 'v1/traces', headers);
  const serializer = { ...ProtobufTraceSerializer, serializeRequest: encodeSpans };
  const delegate = createOtlpHttpExportDelegate(
    options,
    serializer,
    'otlp_http_span_exporter',
    TraceExporterMetricsHelper,
    undefined,
  );
  return reportDelivery(new OTLPExporterBase(delegate), endpoint, say);
}

/** What pino writes goes to the OTLP endpoint as well; loaded only when asked for, because files and Promtail are the usual way. */
async function startLogs(env: NodeJS.ProcessEnv, identity: Resource): Promise<void> {
  const [{ logs }, { BatchLogRecordProcessor, LoggerProvider }, { OTLPLogExporter }] = await Promise.all([
    import('@opentelemetry/api-logs'),
    import('@opentelemetry/sdk-logs'),
    import('@opentelemetry/exporter-logs-otlp-proto'),
  ]);
  const processor = new BatchLogRecordProcessor({
    exporter: new OTLPLogExporter({ headers: otlpToken(env) }),
    scheduledDelayMillis: 200,
  });
  logs.setGlobalLoggerProvider(new LoggerProvider({ resource: identity, processors: [processor] }));
}

function instrumentations(names: string[], sendsLogs: boolean): Instrumentation[] {
  // The catalogue resolves them, so that they are found however the package manager lays out node_modules.
  const require = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/auto-instrumentations-node'));
  return names.map((name) => {
    if (name === 'express') return new ExpressMounts();
    let exported: object;
    try {
      exported = require(`@opentelemetry/instrumentation-${name}`);
    } catch (cause) {
      throw new Error(
        `telemetry: OTEL_NODE_ENABLED_INSTRUMENTATIONS names "${name}", which auto-instrumentations-node does not have`,
        { cause },
      );
    }
    const Instrumentation = Object.values(exported).find((value) => value?.prototype instanceof InstrumentationBase);
    return new Instrumentation({ ...INSTRUMENTATIONS[name], ...(name === 'pino' && { disableLogSending: !sendsLogs }) });
  });
}
