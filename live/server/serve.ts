/**
 * The live view as a process of its own, as in a container: settings from the environment, ends on SIGTERM and SIGINT.
 *
 * LIVE_HOST (127.0.0.1), LIVE_PAGE_HOST (the same), LIVE_GRPC_PORT (4317), LIVE_HTTP_PORT (4318), LIVE_PAGE_PORT (4319), LIVE_KEYS_FILE or LIVE_KEYS,
 * LIVE_PUBLIC_URL, LIVE_LINKS (JSON: name to address), LIVE_STATIC, LIVE_TLS_CERT and LIVE_TLS_KEY, LIVE_TLS_CLIENT_CA (with it OTLP is
 * taken from holders of its certificates only, who need no token, and the page is served without TLS), LIVE_TRACES_BYTES, LIVE_METRICS_BYTES, LIVE_LOGS_BYTES,
 * LIVE_WORKERS (0: processes that take OTLP beside this one), LIVE_CORS_ORIGINS (none: pages that may send OTLP, separated by commas),
 * LIVE_MAX_CONNECTIONS (2000).
 */
import { DEFAULT_CAPS, DEFAULT_HOST, DEFAULT_PORTS, startLive } from './main.ts';
import { readOrigins } from './receive/cors.ts';
import { DEFAULT_LIMITS } from './receive/limits.ts';
import type { TlsFiles } from './receive/tls.ts';

const { env } = process;

function number(name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  if (!/^\d+$/.test(text)) throw new Error(`${name}=${text} is not a whole number`);
  return Number(text);
}

function links(): Record<string, string> {
  try {
    return JSON.parse(env.LIVE_LINKS ?? '{}') as Record<string, string>;
  } catch {
    throw new Error(`LIVE_LINKS=${env.LIVE_LINKS} is not JSON. Write {"grafana": "http://..."}`);
  }
}

function tlsFiles(): TlsFiles | undefined {
  const { LIVE_TLS_CERT: certFile, LIVE_TLS_KEY: keyFile, LIVE_TLS_CLIENT_CA: clientCaFile } = env;
  if (certFile && keyFile) return { certFile, keyFile, clientCaFile };
  if (certFile || keyFile || clientCaFile) throw new Error('TLS needs both LIVE_TLS_CERT and LIVE_TLS_KEY: set the other one');
  return undefined;
}

try {
  const live = await startLive({
    host: env.LIVE_HOST ?? DEFAULT_HOST,
    pageHost: env.LIVE_PAGE_HOST,
    ports: {
      grpc: number('LIVE_GRPC_PORT', DEFAULT_PORTS.grpc),
      http: number('LIVE_HTTP_PORT', DEFAULT_PORTS.http),
      page: number('LIVE_PAGE_PORT', DEFAULT_PORTS.page),
    },
    workers: number('LIVE_WORKERS', 0),
    caps: {
      traces: number('LIVE_TRACES_BYTES', DEFAULT_CAPS.traces),
      metrics: number('LIVE_METRICS_BYTES', DEFAULT_CAPS.metrics),
      logs: number('LIVE_LOGS_BYTES', DEFAULT_CAPS.logs),
    },
    origins: readOrigins(env.LIVE_CORS_ORIGINS ?? ''),
    limits: { connections: number('LIVE_MAX_CONNECTIONS', DEFAULT_LIMITS.connections) },
    keysFile: env.LIVE_KEYS_FILE,
    keys: env.LIVE_KEYS,
    staticFolder: env.LIVE_STATIC,
    links: links(),
    publicUrl: env.LIVE_PUBLIC_URL,
    tls: tlsFiles(),
  });
  console.log(`live view  ${live.loginUrl}\nOTLP       ${live.otlp.grpc} (gRPC), ${live.otlp.http} (HTTP)`);
  const end = (): void => {
    live.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
