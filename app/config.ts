import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SERVICES } from '../telemetry/signals.ts';

const port = z.coerce.number().int().min(0).max(65535);

const schema = z.object({
  ROLE: z.enum(SERVICES),
  /** Public address; port 0 takes a free one. */
  HOST: z.string().default('0.0.0.0'),
  PORT: port.default(8080),
  /** Metrics, health, control; on HOST, if INTERNAL_HOST is not set. */
  INTERNAL_HOST: z.string().optional(),
  INTERNAL_PORT: port.default(9464),
  ORDERS_URL: z.url().optional(),
  INVENTORY_URL: z.url().optional(),
  PAYMENTS_URL: z.url().optional(),
  PGPASSWORD_FILE: z.string().optional(),
  CONTROL_TOKEN: z.string().min(16).optional(),
  CONTROL_TOKEN_FILE: z.string().optional(),
  LOG_DIR: z.string().optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  LOG_TRANSPORT: z.enum(['file', 'loki']).default('file'),
  /** Prometheus scrapes; `otlp` sends the metrics each second as well, for the live view, which scrapes nobody. */
  METRICS_TRANSPORT: z.enum(['scrape', 'otlp']).default('scrape'),
  LOKI_URL: z.url().default('http://loki:3100'),
  /** Where a person's browser finds the traces. */
  JAEGER_URL: z.url().optional(),
  GRAFANA_URL: z.url().optional(),
  LIVE_URL: z.url().optional(),
  /** Where the page's spans are passed on to, by OTLP/HTTP, with a key that may do nothing else; without it the page makes none. */
  BROWSER_OTLP_ENDPOINT: z.url().optional(),
  BROWSER_OTLP_TOKEN: z.string().min(16).optional(),
  BROWSER_OTLP_TOKEN_FILE: z.string().optional(),
  /** How long an order may be pending before the reconciler settles it, in milliseconds: longer than any checkout may take. */
  PENDING_MILLISECONDS: z.coerce.number().int().positive().default(15_000),
});

export type Config = z.infer<typeof schema> & Record<'databasePassword' | 'controlToken' | 'browserToken', string | undefined>;

/** Reads the environment; throws one line that names the variable, its value and what it should be. Secrets come from files. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = schema.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]);
    throw new Error(`${name}=${env[name] ?? ''} is not valid: ${issue?.message}`);
  }
  const config = parsed.data;
  return {
    ...config,
    databasePassword: secret(config.PGPASSWORD_FILE) ?? env.PGPASSWORD,
    controlToken: secret(config.CONTROL_TOKEN_FILE) ?? config.CONTROL_TOKEN,
    browserToken: secret(config.BROWSER_OTLP_TOKEN_FILE) ?? config.BROWSER_OTLP_TOKEN,
  };
}

const secret = (file: string | undefined) => (file ? readFileSync(file, 'utf8').trim() : undefined);
