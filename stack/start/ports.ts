import { bindError } from '../../app/local/free-ports.ts';
import { settings } from '../compose/addresses.ts';

/** The ports that `npm start` publishes. */
export interface Ports {
  shop: number;
  page: number;
  grpc: number;
  http: number;
}

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
