import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports are chosen below those that Linux (32768) and macOS (49152) give to outgoing connections: one of these would now and then take a port between
 * its choice and its use.
 */
const FIRST_FREE = 10_000;
const FIRST_EPHEMERAL = 32_768;

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
