import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Ports are chosen below those that Linux (32768) and macOS (49152) give to outgoing connections: one of these would now and then take a port between
 * its choice and its use.
 */
const FIRST_FREE = 10_000;
const FIRST_EPHEMERAL = 32_768;

/** Ports come in blocks, of which the first is listened on for as long as the process lives: who else chooses here takes another block. */
const BLOCK = 16;

/**
 * Free ports that nobody else who calls this gets, in this process or another.
 * @param count up to 15
 * @param except ports that are free now, and spoken for
 */
export async function freePorts(count: number, except: readonly number[] = []): Promise<number[]> {
  for (;;) {
    const first = BLOCK * randomInt(FIRST_FREE / BLOCK, FIRST_EPHEMERAL / BLOCK);
    const ports = Array.from({ length: count }, (_, i) => first + 1 + i);
    if (ports.some((port) => except.includes(port))) continue;
    const guard = createServer().unref();
    if ((await errorOf(guard, first)) !== undefined) continue;
    const errors = await Promise.all(ports.map(bindError));
    if (errors.every((code) => code === undefined)) return ports;
    guard.close();
  }
}

/** The code of the error that binding `port` of 127.0.0.1 ends in; undefined where it can be bound. */
export async function bindError(port: number): Promise<string | undefined> {
  const server = createServer();
  const code = await errorOf(server, port);
  server.close();
  return code;
}

const errorOf = (server: Server, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    server.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => resolve(code));
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
