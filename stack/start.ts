import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type RunningLive, startLive } from '../live/server/main.ts';
import { ROOT } from '../telemetry/root.ts';
import { SERVICES } from '../telemetry/signals.ts';
import { drive } from '../traffic-generator/node-driver.ts';
import { summaryLines } from '../traffic-generator/report.ts';
import { SHAPES } from '../traffic-generator/shapes.ts';
import { settings } from './addresses.ts';
import { portIsFree, type RunningShop, startShop } from './shop.ts';

/** Where `npm run fault` finds the control addresses and token of the shop that `npm start` runs; one file per storefront port. */
export const stateFile = (port: number | string) => join(ROOT, '.sightline', `shop-${port}.json`);

interface Ports {
  shop: number;
  page: number;
  grpc: number;
  http: number;
}

/**
 * `npm start [-- --port 9000] [--no-traffic]`: the shop on an embedded PostgreSQL, traffic, and the live view as the backend of its telemetry, until
 * Ctrl-C. `--port` moves the four published ports to that one and the three above it. With OTEL_EXPORTER_OTLP_ENDPOINT set, the telemetry goes there
 * and there is no live view. Returns 0 after a clean end, 1 when a port is taken.
 */
export async function start(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { port: { type: 'string' }, 'no-traffic': { type: 'boolean', default: false } },
  });
  const ports = portsFrom(values.port);
  const elsewhere = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  await demandFree(elsewhere ? [ports.shop] : Object.values(ports));

  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const logs = await mkdtemp(join(tmpdir(), 'sightline-logs-'));
  let live: RunningLive | undefined;
  let shop: RunningShop | undefined;
  try {
    const target = `http://127.0.0.1:${ports.shop}`;
    live = elsewhere ? undefined : await startLive({ ports, links: { shop: target } });
    const env = { LOG_DIR: logs, ...(live && telemetryTo(live)) };
    shop = await startShop({
      port: ports.shop,
      env,
      print: (_service, line) => isLogLine(line) || process.stdout.write(`${line}\n`),
    });
    await writeState(ports.shop, shop);
    process.stdout.write(table(ports, shop, live, logs));
    if (values['no-traffic'] || stopping.signal.aborted) await aborted(stopping.signal);
    else {
      const tally = await drive({ target, shape: SHAPES.steady, signal: stopping.signal });
      process.stdout.write(`${summaryLines(tally, SHAPES.steady.limits).join('\n')}\n`);
    }
  } finally {
    process.stdout.write('stopping\n');
    // The live view last: it still takes what the services send at their end.
    await shop?.stop();
    await live?.close();
    await rm(logs, { recursive: true, force: true });
    await rm(stateFile(ports.shop), { force: true });
  }
  return 0;
}

/** From `.env`, or the named port and the three above it. */
function portsFrom(named: string | undefined): Ports {
  if (named === undefined) {
    const { STOREFRONT_PORT, LIVE_PORT, OTLP_GRPC_PORT, OTLP_HTTP_PORT } = settings();
    return { shop: Number(STOREFRONT_PORT), page: Number(LIVE_PORT), grpc: Number(OTLP_GRPC_PORT), http: Number(OTLP_HTTP_PORT) };
  }
  const port = Number(named);
  if (!Number.isInteger(port) || port < 1 || port > 65532)
    throw new Error(`--port ${named} is not a port: use a number from 1 to 65532`);
  return { shop: port, page: port + 1, grpc: port + 2, http: port + 3 };
}

async function demandFree(ports: number[]): Promise<void> {
  for (const port of ports) {
    if (!(await portIsFree(port)))
      throw new Error(`port ${port} of 127.0.0.1 is taken; choose four free ones in a row: npm start -- --port 9000`);
  }
}

/** What makes the services send all three signals to the live view, and the shop's page link to it. */
const telemetryTo = ({ url, otlp, key }: RunningLive) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: otlp.http,
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${key}`,
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'otlp',
  LIVE_URL: url,
});

/** The services' JSON lines are in the log folder; the terminal shows what is meant for a person. */
const isLogLine = (line: string) => line.startsWith('{');

async function writeState(port: number, { ports, controlToken }: RunningShop): Promise<void> {
  await mkdir(join(ROOT, '.sightline'), { recursive: true });
  const control = Object.fromEntries(SERVICES.map((service) => [service, `http://127.0.0.1:${ports[service].internalPort}`]));
  await writeFile(stateFile(port), JSON.stringify({ control, controlToken }), { mode: 0o600 });
}

function table(ports: Ports, shop: RunningShop, live: RunningLive | undefined, logs: string): string {
  const moved = ports.shop === Number(settings().STOREFRONT_PORT) ? '' : ` -- --port ${ports.shop}`;
  const rows = [
    ['shop', `http://localhost:${ports.shop}`],
    ...(live
      ? [
          ['live view', `${live.loginUrl}   (opens once; npm start prints a new one)`],
          ['OTLP', `${live.otlp.http} (HTTP), ${live.otlp.grpc} (gRPC)`],
          ['OTLP key', `authorization: Bearer ${live.key}`],
        ]
      : [['telemetry', `to ${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}`]]),
    ...SERVICES.map((service) => [`${service} metrics`, `http://localhost:${shop.ports[service].internalPort}/metrics`]),
    ['log files', logs],
    ['break something', `npm run fault payment-latency${moved}`],
    ['stop', 'Ctrl-C'],
  ];
  return `\n${rows.map(([name, value]) => `  ${name?.padEnd(20)}${value}`).join('\n')}\n\n`;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
