import { createRequire } from 'node:module';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import { reportDelivery, requestLines } from './delivery.ts';
import { otlpEndpoint } from './otlp.ts';
import { resource } from './resource.ts';
import { spanCountReader, UNREAD_METRICS } from './span-counts.ts';

/** Probes, scrapes, controls and telemetry itself: no request of a user, so no spans. */
const UNTRACED = /^\/(metrics|health|healthz|livez|readyz|control|v1\/traces)(\/|\?|$)/;

/** The packages of the exporter by OTEL_EXPORTER_OTLP_PROTOCOL. */
const EXPORTERS = {
  'http/json': () => import('@opentelemetry/exporter-trace-otlp-http'),
  'http/protobuf': () => import('@opentelemetry/exporter-trace-otlp-proto'),
  grpc: () => import('@opentelemetry/exporter-trace-otlp-grpc'),
};

/** Starts the SDK as the OTEL_* variables say; without an OTLP endpoint each request is printed as one line. @throws Error for a name that does not exist */
export async function startSdk(env: NodeJS.ProcessEnv): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  // Failed exports also reach this handler, whose default prints a stack each time; reportDelivery has said it already, once.
  setGlobalErrorHandler(() => {});
  demandInstrumentations(env);
  const traceExporter = await exporter(env, say);
  const sdk = new NodeSDK({
    resource: resource(),
    ...(traceExporter && { traceExporter }),
    // Whoever has metrics sent somewhere gets the SDK's own there.
    ...(env.OTEL_METRICS_EXPORTER === 'none' && { metricReaders: [spanCountReader], views: UNREAD_METRICS }),
    instrumentations: [
      getNodeAutoInstrumentations({
        '@opentelemetry/instrumentation-http': {
          ignoreIncomingRequestHook: ({ url = '' }) => UNTRACED.test(url),
          requireParentforOutgoingSpans: true,
        },
        '@opentelemetry/instrumentation-express': { ignoreLayersType: ['middleware', 'router'] as never },
        '@opentelemetry/instrumentation-pg': {
          requireParentSpan: true,
          ignoreConnectSpans: true,
          addSqlCommenterCommentToQueries: true,
        },
        '@opentelemetry/instrumentation-undici': { requireParentforSpans: true },
        '@opentelemetry/instrumentation-pino': { disableLogSending: env.OTEL_LOGS_EXPORTER === 'none' },
      }),
    ],
  });
  sdk.start();
}

/** The exporter of spans where it is OTLP, so that it can tell of a backend that is away; any other is the SDK's to make. */
async function exporter(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<SpanExporter | undefined> {
  const { OTEL_TRACES_EXPORTER: named } = env;
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? otlpEndpoint(env);
  if (named ? named.trim() !== 'otlp' : false) return undefined;
  if (!endpoint && !named) return requestLines((line) => process.stdout.write(`${line}\n`));
  const protocol = (env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? env.OTEL_EXPORTER_OTLP_PROTOCOL ?? '').trim();
  const load = EXPORTERS[protocol as keyof typeof EXPORTERS];
  if (!load)
    throw new Error(`telemetry: OTEL_EXPORTER_OTLP_PROTOCOL=${protocol} is none of ${Object.keys(EXPORTERS).join(', ')}`);
  const { OTLPTraceExporter } = await load();
  return reportDelivery(new OTLPTraceExporter(), endpoint ?? 'http://localhost:4318', say);
}

/** A name that is misspelt would otherwise show only as spans that are not there. */
function demandInstrumentations(env: NodeJS.ProcessEnv): void {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/auto-instrumentations-node'));
  for (const variable of ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'OTEL_NODE_DISABLED_INSTRUMENTATIONS']) {
    for (const name of (env[variable] ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean)) {
      try {
        resolve(`@opentelemetry/instrumentation-${name}`);
      } catch (cause) {
        throw new Error(`telemetry: ${variable} names "${name}", which auto-instrumentations-node does not have`, { cause });
      }
    }
  }
}
