import { DiagLogLevel, diag } from '@opentelemetry/api';
import { getNodeAutoInstrumentations, getResourceDetectors } from '@opentelemetry/auto-instrumentations-node';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import { reportDelivery, requestLines } from './delivery.ts';
import { otlpEndpoint, otlpToken } from './otlp.ts';
import { identity } from './resource.ts';
import { spanCountReader, UNREAD_METRICS } from './span-counts.ts';

/** An empty variable is one that is not set, as the specification has it. */
const DEFAULTS = {
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,express,pg,undici,pino',
  OTEL_NODE_RESOURCE_DETECTORS: 'env',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  // A span is at its store within a second, and a burst of requests fits the queue.
  OTEL_BSP_SCHEDULE_DELAY: '200',
  OTEL_BSP_MAX_QUEUE_SIZE: '8192',
  OTEL_BLRP_SCHEDULE_DELAY: '200',
  // Metrics are scraped and log files shipped: as OTLP they would come twice.
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  // What the SDK counts of itself: spans lost, the queue.
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'true',
};

/** Probes, scrapes, controls and telemetry itself: no request of a user, so no spans. */
const UNTRACED = /^\/(metrics|health|healthz|livez|readyz|control|v1\/traces)(\/|\?|$)/;

/**
 * Layers of Express without a span of their own. Neither routers nor mounted applications are among them: the instrumentation would lose the paths that they are
 * mounted at, and `http.route` with them. Spans of routers have no children and are left out when they are sent (delivery.ts).
 */
const MIDDLEWARE = /^middleware - (?!mounted_app$)/;

const EXPORTERS: Record<string, new () => SpanExporter> = {
  'http/json': OTLPTraceExporter,
  'http/protobuf': ProtobufExporter,
  grpc: GrpcExporter,
};

/** Starts the SDK as the OTEL_* variables say; without an OTLP endpoint each request is printed as one line. @throws Error for a name that does not exist */
export function startSdk(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(DEFAULTS)) env[name] ||= value;
  const { authorization } = otlpToken(env);
  if (authorization)
    env.OTEL_EXPORTER_OTLP_HEADERS = `${env.OTEL_EXPORTER_OTLP_HEADERS ?? ''},authorization=${encodeURIComponent(authorization)}`;
  // A name that is misspelt, of which the packages tell a log that is off, would show only as spans that are not there.
  const ignore = () => {};
  diag.setLogger({ error: refuse, warn: ignore, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.ERROR);
  const resourceDetectors = getResourceDetectors();
  const instrumentations = getNodeAutoInstrumentations({
    '@opentelemetry/instrumentation-http': {
      ignoreIncomingRequestHook: ({ url = '' }) => UNTRACED.test(url),
      requireParentforOutgoingSpans: true,
    },
    '@opentelemetry/instrumentation-express': { ignoreLayers: [MIDDLEWARE] },
    '@opentelemetry/instrumentation-pg': {
      requireParentSpan: true,
      ignoreConnectSpans: true,
      addSqlCommenterCommentToQueries: true,
    },
    '@opentelemetry/instrumentation-undici': { requireParentforSpans: true },
    '@opentelemetry/instrumentation-pino': { disableLogSending: env.OTEL_LOGS_EXPORTER === 'none' },
  });
  diag.disable();
  const traceExporter = exporter(env);
  new NodeSDK({
    resource: identity,
    resourceDetectors,
    instrumentations,
    ...(traceExporter && { traceExporter }),
    // Whoever has metrics sent somewhere gets the SDK's own there.
    ...(env.OTEL_METRICS_EXPORTER === 'none' && { metricReaders: [spanCountReader], views: UNREAD_METRICS }),
  }).start();
}

function refuse(message: string): never {
  throw new Error(`${message}; correct or leave out the name in OTEL_NODE_*`);
}

/** The exporter of spans where it is OTLP, so that it can tell of a backend that is away; any other is the SDK's to make. */
function exporter(env: NodeJS.ProcessEnv): SpanExporter | undefined {
  const named = env.OTEL_TRACES_EXPORTER?.trim();
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || otlpEndpoint(env);
  if (named && named !== 'otlp') return undefined;
  if (!endpoint && !named) return requestLines((line) => process.stdout.write(`${line}\n`));
  const protocol = (env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || '').trim();
  const Exporter = EXPORTERS[protocol];
  if (!Exporter) throw new Error(`OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}"; set ${Object.keys(EXPORTERS).join(', ')}`);
  return reportDelivery(new Exporter(), endpoint ?? 'localhost', (line) => process.stderr.write(`${line}\n`));
}
