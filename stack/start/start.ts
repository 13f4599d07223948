/** Room start: `npm start`, the shop and the live view without Docker. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startReaper } from '../../app/local/reaper.ts';
import { type RunningShop, startShop } from '../../app/local/shop.ts';
import type { RunningLive } from '../../live/server/main.ts';
import { newToken } from '../../live/server/receive/keys.ts';
import { ROOT } from '../../telemetry/root.ts';
import { BROWSER, SERVICES } from '../../telemetry/signals.ts';
import { drive } from '../../traffic-generator/node-driver.ts';
import { summaryLines } from '../../traffic-generator/report.ts';
import { SHAPES } from '../../traffic-generator/shapes.ts';
import { settings } from '../compose/addresses.ts';
import { demandFree, type Ports, portsFrom } from './ports.ts';
import { untilStopped } from './stopping.ts';

/** Where `npm run fault` finds the control addresses and token of the shop that `npm start` runs; one file per storefront port. */
export const stateFile = (port: number | string) => join(ROOT, '.sightline', `shop-${port}.json`);

type Opened = Pick<RunningShop, 'ports' | 'controlToken'>;

/** Migrations take a tenth of a second; this is for a machine that does ten other things. */
const READY_MILLISECONDS = 30_000;

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

  const stopping = untilStopped();
  const reaper = startReaper();
  const logs = await mkdtemp(join(tmpdir(), 'sightline-logs-'));
  for (const path of [logs, stateFile(ports.shop)]) reaper.removes(path);
  const target = `http://127.0.0.1:${ports.shop}`;
  const browserToken = newToken();
  const starting = elsewhere ? undefined : startBackend(ports, target, browserToken);
  let shop: RunningShop | undefined;
  try {
    shop = await startShop({
      port: ports.shop,
      taken: Object.values(ports),
      env: Promise.resolve(starting).then((live) => ({ LOG_DIR: logs, ...(live && telemetryTo(live, browserToken)) })),
      print: (_service, line) => isLogLine(line) || process.stdout.write(`${line}\n`),
      // Its addresses answer from now on; what the shop needs behind its page comes within the next second or two.
      opened: async (shop) => {
        await writeState(ports.shop, shop);
        process.stdout.write(table(ports, shop, await starting, logs));
      },
      signal: stopping,
      reaper,
    });
    await ready(shop, stopping);
    process.stdout.write(`  everything runs, ${process.uptime().toFixed(1)} s after the start\n`);
    if (values['no-traffic']) await aborted(stopping);
    else {
      const tally = await drive({ target, shape: SHAPES.steady, signal: stopping });
      process.stdout.write(`${summaryLines(tally, SHAPES.steady.limits).join('\n')}\n`);
    }
  } catch (error) {
    // Stopped while it started: nothing failed.
    if (!stopping.aborted) throw error;
  } finally {
    process.stdout.write('stopping\n');
    // The live view last: it still takes what the services send at their end.
    await shop?.stop();
    await (await starting?.catch(() => undefined))?.close();
    await rm(logs, { recursive: true, force: true });
    await rm(stateFile(ports.shop), { force: true });
  }
  return 0;
}

/** Waits until each service says that it can serve, its tables made and filled: before that the traffic would meet errors. */
async function ready({ ports }: RunningShop, stopping: AbortSignal): Promise<void> {
  const within = AbortSignal.any([stopping, AbortSignal.timeout(READY_MILLISECONDS)]);
  for (const service of SERVICES) {
    const address = `http://127.0.0.1:${ports[service].internalPort}/health/ready`;
    while (
      !(await fetch(address, { signal: within }).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (within.aborted) throw new Error(`${service} is not ready within ${READY_MILLISECONDS / 1000} s: see its log file`);
      await sleep(20);
    }
  }
}

/** Loaded only now, while PostgreSQL makes its data folder on another core. */
async function startBackend(ports: Ports, shop: string, browserToken: string): Promise<RunningLive> {
  const { startLive } = await import('../../live/server/main.ts');
  const keys = [`default ${newToken()}`, `${BROWSER} ${browserToken} ${BROWSER_BYTES_PER_SECOND} traces`];
  return startLive({ ports, links: { shop }, keys: keys.join(',') });
}

/** A visit sends some 30 KiB at its beginning and 3 KiB with each click. */
const BROWSER_BYTES_PER_SECOND = 2 ** 18;

/** What makes the services send all three signals to the live view, and the shop's page link to it. */
const telemetryTo = ({ url, otlp, key }: RunningLive, browserToken: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: otlp.http,
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${key}`,
  OTEL_LOGS_EXPORTER: 'otlp',
  METRICS_TRANSPORT: 'otlp',
  BROWSER_OTLP_ENDPOINT: otlp.http,
  BROWSER_OTLP_TOKEN: browserToken,
  LIVE_URL: url,
});

/** The services' JSON lines are in the log folder; the terminal shows what is meant for a person. */
const isLogLine = (line: string) => line.startsWith('{');

async function writeState(port: number, { ports, controlToken }: Opened): Promise<void> {
  await mkdir(join(ROOT, '.sightline'), { recursive: true });
  const control = Object.fromEntries(SERVICES.map((service) => [service, `http://127.0.0.1:${ports[service].internalPort}`]));
  await writeFile(stateFile(port), JSON.stringify({ control, controlToken }), { mode: 0o600 });
}

function table(ports: Ports, shop: Opened, live: RunningLive | undefined, logs: string): string {
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
