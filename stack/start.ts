import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../telemetry/root.ts';
import { SERVICES } from '../telemetry/signals.ts';
import { drive } from '../traffic-generator/node-driver.ts';
import { summaryLines } from '../traffic-generator/report.ts';
import { SHAPES } from '../traffic-generator/shapes.ts';
import { settings } from './addresses.ts';
import { portIsFree, type RunningShop, startShop } from './shop.ts';

/** Where `npm run fault` finds the control addresses and token of the shop that `npm start` runs; one file per storefront port. */
export const stateFile = (port: number | string) => join(ROOT, '.sightline', `shop-${port}.json`);

/**
 * `npm start [-- --port 8080] [--no-traffic]`: the shop on an embedded PostgreSQL with the Node traffic driver, until Ctrl-C. Spans go to
 * OTEL_EXPORTER_OTLP_ENDPOINT if that is set; else each request is printed as one line. Returns 0 after a clean end, 1 when the port is taken.
 */
export async function start(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { port: { type: 'string' }, 'no-traffic': { type: 'boolean', default: false } },
  });
  const port = Number(values.port ?? settings().STOREFRONT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Error(`--port ${values.port} is not a port: use a number from 1 to 65535`);
  if (!(await portIsFree(port)))
    throw new Error(`port ${port} of 127.0.0.1 is taken; choose another: npm start -- --port ${port + 1}`);

  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const logs = await mkdtemp(join(tmpdir(), 'sightline-logs-'));
  let shop: RunningShop | undefined;
  try {
    shop = await startShop({
      port,
      env: { LOG_DIR: logs },
      print: (_service, line) => isLogLine(line) || process.stdout.write(`${line}\n`),
    });
    await writeState(port, shop);
    process.stdout.write(table(port, shop, logs));
    const target = `http://127.0.0.1:${port}`;
    if (values['no-traffic'] || stopping.signal.aborted) await aborted(stopping.signal);
    else {
      const tally = await drive({ target, shape: SHAPES.steady, signal: stopping.signal });
      process.stdout.write(`${summaryLines(tally, SHAPES.steady.limits).join('\n')}\n`);
    }
  } finally {
    process.stdout.write('stopping\n');
    await shop?.stop();
    await rm(logs, { recursive: true, force: true });
    await rm(stateFile(port), { force: true });
  }
  return 0;
}

/** The services' JSON lines are in the log folder; the terminal shows what is meant for a person. */
const isLogLine = (line: string) => line.startsWith('{');

async function writeState(port: number, { ports, controlToken }: RunningShop): Promise<void> {
  await mkdir(join(ROOT, '.sightline'), { recursive: true });
  const control = Object.fromEntries(SERVICES.map((service) => [service, `http://127.0.0.1:${ports[service].internalPort}`]));
  await writeFile(stateFile(port), JSON.stringify({ control, controlToken }), { mode: 0o600 });
}

function table(port: number, { ports }: RunningShop, logs: string): string {
  const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const rows = [
    ['shop', `http://localhost:${port}`],
    ...SERVICES.map((service) => [`${service} metrics`, `http://localhost:${ports[service].internalPort}/metrics`]),
    ['logs', logs],
    ['spans', endpoint ? `to ${endpoint}` : 'one line per request below; set OTEL_EXPORTER_OTLP_ENDPOINT to send them'],
    ['faults', `npm run fault -- payment-errors${port === Number(settings().STOREFRONT_PORT) ? '' : ` --port ${port}`}`],
    ['stop', 'Ctrl-C'],
  ];
  return `\n${rows.map(([name, value]) => `  ${name?.padEnd(20)}${value}`).join('\n')}\n\n`;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
