import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { settings } from './addresses.ts';

/** The ports that `npm start` publishes. */
export interface Ports {
  shop: number;
  page: number;
  grpc: number;
  http: number;
}

/**
 * Ports are chosen below those that Linux (32768) and macOS (49152) give to outgoing connections: one of these would now and then take a port between
 * its choice and its use.
 */
const FIRST_FREE = 10_000;
const FIRST_EPHEMERAL = 32_768;

/** The four ports from `.env`, or the named port and the three above it. */
export function portsFrom(named: string | undefined): Ports {
  if (named === undefined) {
    const { STOREFRONT_PORT, LIVE_PORT, OTLP_GRPC_PORT, OTLP_HTTP_PORT } = settings();
    return { shop: Number(STOREFRONT_PORT), page: Number(LIVE_PORT), grpc: Number(OTLP_GRPC_PORT), http: Number(OTLP_HTTP_PORT) };
  }
  const port = Number(named);
  if (!Number.isInteger(port) || port < 1 || port > 65532)
    throw new Error(`--port ${named} is not a port: use a number from 1 to 65532`);
  return { shop: port, page: port + 1, grpc: port + 2, http: port + 3 };
}

/** @throws Error that names the first of `ports` that cannot be listened on, and how to choose others */
export async function demandFree(ports: number[]): Promise<void> {
  for (const port of ports) {
    const code = await bindError(port);
    if (code === undefined) continue;
    const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${code})`;
    throw new Error(`port ${port} of 127.0.0.1 ${why}; choose four free ones in a row: npm start -- --port 9000`);
  }
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(FIRST_FREE, FIRST_EPHEMERAL);
    if (!ports.has(port) && (await bindError(port)) === undefined) ports.add(port);
  }
  return [...ports];
}

/** The code of the error that binding `port` of 127.0.0.1 ends in; undefined where it can be bound. */
export async function bindError(port: number): Promise<string | undefined> {
  const server = createServer();
  const code = await new Promise<string | undefined>((resolve) => {
    server.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => resolve(code));
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  server.close();
  return code;
}
