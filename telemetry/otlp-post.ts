import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

interface Answer {
  status: number;
  text: string;
}

/** The standard variables: whom to trust, and who we are. */
const TLS = {
  ca: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
  cert: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
  key: 'OTEL_EXPORTER_OTLP_CLIENT_KEY',
} as const;

/**
 * Posts a body that no exporter of the SDK makes, with the certificates that the standard variables name; they are read each time, so that renewed ones
 * count at once. Without spans about itself. @throws Error in one line: what failed, in the file's or the connection's words
 */
export function postOtlp(
  url: string,
  headers: Record<string, string>,
  body: string,
  milliseconds: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Answer> {
  const named = Object.entries(TLS).filter(([, variable]) => env[variable]);
  return context.with(suppressTracing(context.active()), async () => {
    const signal = AbortSignal.timeout(milliseconds);
    if (named.length === 0 || !url.startsWith('https:')) {
      const response = await fetch(url, { method: 'POST', headers, body, signal });
      return { status: response.status, text: await response.text() };
    }
    const files = Object.fromEntries(named.map(([option, variable]) => [option, readNamed(variable, env[variable] ?? '')]));
    return new Promise<Answer>((resolve, reject) => {
      const sending = request(url, { method: 'POST', headers, signal, ...files }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      });
      sending.on('error', (error: NodeJS.ErrnoException) => reject(DROPPED.test(`${error.code}`) ? dropped(error, env) : error));
      sending.end(body);
    });
  });
}

/** How a receiver that does not like our certificate ends a connection of TLS 1.3: some with an alert, some with nothing. */
const DROPPED = /^(ECONNRESET|EPIPE|ERR_SSL_(TLSV1|SSLV3_ALERT))/;
function dropped({ message, reason = message }: Error & { reason?: string }, env: NodeJS.ProcessEnv): Error {
  const shown = env[TLS.cert] ? `with the certificate ${env[TLS.cert]}` : `without a certificate (${TLS.cert})`;
  return new Error(`${reason}: the receiver broke off ${shown}; its log says why`);
}

function readNamed(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(
      `${variable}: cannot read ${path} (${(error as NodeJS.ErrnoException).code}); docker compose run --rm init makes it`,
    );
  }
}
