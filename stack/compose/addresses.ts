/** Room compose: what the containers need before they run: addresses, secrets, owners of volumes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ROOT } from '../../telemetry/root.ts';

/** Where the stack's parts are reached from here. */
export interface Addresses {
  storefront: string;
  collector: string;
  jaeger: string;
  prometheus: string;
  alertmanager: string;
  loki: string;
  grafana: string;
  live: string;
  /** Of syslog: host:port. */
  syslog: string;
}

/** The settings of `.env`, with the environment's own values before them, as compose has it. */
export function settings(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...parseEnv(readFileSync(join(ROOT, '.env'), 'utf8')), ...env };
}

/** Inside the compose network by the *_URL variables; on the host by the published ports of `.env`. */
export function addresses(env = settings()): Addresses {
  const local = (port: string | undefined) => `http://localhost:${port}`;
  return {
    storefront: env.STOREFRONT_URL ?? local(env.STOREFRONT_PORT),
    collector: env.COLLECTOR_URL ?? local(env.OTLP_HTTP_PORT),
    jaeger: env.JAEGER_URL ?? local(env.JAEGER_PORT),
    prometheus: env.PROMETHEUS_URL ?? local(env.PROMETHEUS_PORT),
    alertmanager: env.ALERTMANAGER_URL ?? local(env.ALERTMANAGER_PORT),
    loki: env.LOKI_URL ?? local(env.LOKI_PORT),
    grafana: env.GRAFANA_URL ?? local(env.GRAFANA_PORT),
    live: env.LIVE_URL ?? local(env.LIVE_PORT),
    syslog: env.SYSLOG_ADDRESS ?? `localhost:${env.SYSLOG_PORT}`,
  };
}

/** Where a browser on the host finds them: the published ports, also when this runs inside the network. */
export function browserAddresses(env = settings()): Addresses {
  const inside = /^(STOREFRONT|COLLECTOR|JAEGER|PROMETHEUS|ALERTMANAGER|LOKI|GRAFANA|LIVE)_URL$/;
  return addresses(Object.fromEntries(Object.entries(env).filter(([name]) => !inside.test(name))));
}
