import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { type Instrumentation, InstrumentationBase, registerInstrumentations } from '@opentelemetry/instrumentation';
import { detectResources, envDetector, resourceFromAttributes, serviceInstanceIdDetector } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import { reportDelivery, requestLines } from './delivery.ts';
import { spanCounts } from './span-counts.ts';

/**
 * The instrumentations in use, by the names of `@opentelemetry/auto-instrumentations-node`'s packages, with their configuration.
 * Only these are loaded: importing the whole set costs every process 20 MB and 170 ms, and router, net and dns duplicate spans.
 * A foreign service picks others with the standard variable, for example OTEL_NODE_ENABLED_INSTRUMENTATIONS=http,express,mysql2,ioredis.
 */
const INSTRUMENTATIONS: Record<string, object> = {
  http: { ignoreIncomingRequestHook: (request: { url?: string }) => UNTRACED.test(request.url ?? '') },
  express: { ignoreLayersType: ['middleware', 'router', 'request_handler'] },
  pg: { requireParentSpan: true, ignoreConnectSpans: true, addSqlCommenterCommentToQueries: true },
  undici: { requireParentforSpans: true },
  pino: { disableLogSending: true },
};

/** Probes, scrapes and controls: no request of a user, so no spans. */
const UNTRACED = /^\/(metrics|health|healthz|livez|readyz|control)(\/|\?|$)/;

/** The process's own counts of spans; the service serves this registry beside its own. */
export const spanMetrics = spanCounts();

/**
 * Starts tracing as the OTEL_* variables say: spans go by OTLP/HTTP (protobuf) to OTEL_EXPORTER_OTLP_ENDPOINT in batches of 200 ms, with the
 * bearer token of OTLP_TOKEN_FILE or the headers of OTEL_EXPORTER_OTLP_HEADERS; without an endpoint each request is printed as one line.
 */
export function startTelemetry(env: NodeJS.ProcessEnv): void {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  // Failed exports also reach this handler, whose default prints a stack each time; reportDelivery has said it already, once.
  setGlobalErrorHandler(() => {});
  const processor = new BatchSpanProcessor(exporter(env, say), {
    scheduledDelayMillis: 200,
    maxQueueSize: 8192,
    // The option is the base class's (sdk-trace's BatchSpanProcessorOptions); the shim's type does not name it but passes it on.
    ...{ selfObsMeterProvider: spanMetrics.meterProvider },
  });
  const resource = resourceFromAttributes({ 'service.name': packageName(), 'service.version': packageVersion() }).merge(
    detectResources({ detectors: [serviceInstanceIdDetector, envDetector] }),
  );
  const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] });
  provider.register();
  registerInstrumentations({ tracerProvider: provider, instrumentations: instrumentations(env) });
}

function exporter(env: NodeJS.ProcessEnv, say: (line: string) => void): SpanExporter {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint) return requestLines((line) => process.stdout.write(`${line}\n`));
  const file = env.OTLP_TOKEN_FILE;
  const headers = file ? { authorization: `Bearer ${readFileSync(file, 'utf8').trim()}` } : undefined;
  return reportDelivery(new OTLPTraceExporter({ headers }), endpoint, say);
}

function instrumentations(env: NodeJS.ProcessEnv): Instrumentation[] {
  const names = env.OTEL_NODE_ENABLED_INSTRUMENTATIONS?.split(',').map((name) => name.trim()) ?? Object.keys(INSTRUMENTATIONS);
  // The catalogue resolves them, so that they are found however the package manager lays out node_modules.
  const require = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/auto-instrumentations-node'));
  return names.map((name) => {
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
    return new Instrumentation(INSTRUMENTATIONS[name]);
  });
}

const ownPackage = (): { name?: string; version?: string } => {
  try {
    return JSON.parse(readFileSync('package.json', 'utf8'));
  } catch {
    return {};
  }
};
const packageName = () => ownPackage().name ?? 'unknown_service:node';
const packageVersion = () => ownPackage().version ?? '0.0.0';
