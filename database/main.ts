/**
 * `npm run database -- --url postgres://...`: watches one PostgreSQL server and sends what it sees as OTLP. In the stack the PG* variables say which
 * database; the OTEL_* variables say where to send, as for every service.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type pg from 'pg';
import { otlpEndpoint, otlpHeaders } from '../telemetry/otlp.ts';
import { DATABASE, NAMESPACE } from '../telemetry/signals.ts';
import { createEmitter } from './emit.ts';
import { LogShipper } from './log-shipper.ts';
import { watch } from './watch.ts';

const USAGE =
  'usage: npm run database -- [--url postgres://user@host:port/database] [--log FOLDER] [--log-to FOLDER] [--otlp http://host:4318]';

/** How long the last metrics and lines may take, in milliseconds. */
const END_MS = 1500;

/** @returns the exit code: 0 after a clean end, 2 for a wrong use */
export async function database(args: string[]): Promise<number> {
  const options = {
    url: { type: 'string' },
    log: { type: 'string' },
    'log-to': { type: 'string' },
    otlp: { type: 'string' },
  } as const;
  const { values } = parseArgs({ args, options });
  const env = process.env;
  const say = (line: string) => process.stderr.write(`database: ${line}\n`);
  const endpoint = values.otlp ?? otlpEndpoint(env);
  if (!endpoint) {
    say(`no address to send to: set OTEL_EXPORTER_OTLP_ENDPOINT, or --otlp http://localhost:4318\n${USAGE}`);
    return 2;
  }
  if (values.url !== undefined && !/^postgres(ql)?:\/\//.test(values.url)) {
    say(`--url ${values.url} is no address of a PostgreSQL database: postgres://user@host:5432/database\n${USAGE}`);
    return 2;
  }
  const { 'service.name': name = DATABASE, ...more } = readAttributes(
    env.OTEL_RESOURCE_ATTRIBUTES ?? `service.namespace=${NAMESPACE}`,
  );
  const resource = resourceFromAttributes({ 'service.name': env.OTEL_SERVICE_NAME ?? name, 'db.system.name': DATABASE, ...more });
  const emitter = createEmitter({ endpoint, headers: otlpHeaders(env) }, resource);
  const folder = values.log ?? env.DATABASE_LOG_DIR;
  const log = folder
    ? new LogShipper({ from: folder, to: (values['log-to'] ?? env.LOG_DIR) || undefined, role: env.PGUSER }, emitter, say)
    : undefined;
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort());
  process.send?.('watching');
  await watch({ database: config(values.url, env), emitter, log, say, signal: ending.signal });
  await Promise.race([emitter.close(), new Promise((resolve) => setTimeout(resolve, END_MS).unref())]);
  return 0;
}

/** A password comes from the address, from PGPASSWORD_FILE or from PGPASSWORD. */
function config(url: string | undefined, env: NodeJS.ProcessEnv): pg.ClientConfig {
  const password = env.PGPASSWORD_FILE ? readFileSync(env.PGPASSWORD_FILE, 'utf8').trim() : env.PGPASSWORD;
  return url ? { connectionString: url, ...(password && !new URL(url).password && { password }) } : { password };
}

/** `key=value,key=value`, values percent-encoded. */
function readAttributes(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').flatMap((pair) => {
      const [key = '', value = ''] = pair.split(/=(.*)/s);
      return key.trim() ? [[key.trim(), decodeURIComponent(value.trim())]] : [];
    }),
  );
}

// In the containers and under `npm start` this file is the entry; `npm run database` calls the function.
if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.exit(await database(process.argv.slice(2)));
  } catch (error) {
    process.stderr.write(`database: ${error instanceof Error ? error.message : error}\n`);
    process.exit(2);
  }
}
