import { readFileSync } from 'node:fs';

/** The address of OTEL_EXPORTER_OTLP_ENDPOINT, without a slash at its end; undefined when spans and the rest are to go nowhere. */
export const otlpEndpoint = (env: NodeJS.ProcessEnv): string | undefined => env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, '');

/** The bearer token of OTLP_TOKEN_FILE as a header; none without the file, then OTEL_EXPORTER_OTLP_HEADERS counts. */
export function otlpToken(env: NodeJS.ProcessEnv): { authorization?: string } {
  const file = env.OTLP_TOKEN_FILE;
  return file ? { authorization: `Bearer ${readFileSync(file, 'utf8').trim()}` } : {};
}

/** Headers of a request that no exporter of the SDK makes: the token, or OTEL_EXPORTER_OTLP_HEADERS (`key=value,key=value`, values percent-encoded). */
export function otlpHeaders(env: NodeJS.ProcessEnv): Record<string, string> {
  const listed = (env.OTEL_EXPORTER_OTLP_HEADERS ?? '').split(',').flatMap((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    return name.trim() ? [[name.trim().toLowerCase(), decodeURIComponent(value.trim())] as const] : [];
  });
  return { ...Object.fromEntries(listed), ...otlpToken(env) };
}
