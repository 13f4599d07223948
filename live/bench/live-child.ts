/** The live view in a process of its own, which tells of its memory and of what it holds back for slow clients. */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { type LiveOptions, type RunningLive, startLive } from '../server/main.ts';
import { answer } from './child.ts';
import type { LiveAddresses, LiveState } from './live-process.ts';

/** How often the queues are looked at, so that what they came to between two questions is known. */
const LOOK_MS = 20;

const sockets = new Set<Socket>();
let queuedMost = 0;
let running: RunningLive | undefined;

subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket };
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});
setInterval(() => {
  let queued = 0;
  for (const socket of sockets) queued += socket.writableLength;
  queuedMost = Math.max(queuedMost, queued);
}, LOOK_MS).unref();

function state(): LiveState {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const one = { rssBytes: rss, heldBytes: heapUsed + external, queuedBytes: queuedMost, cpuSeconds: (user + system) / 1e6 };
  queuedMost = 0;
  return one;
}

answer({
  async start(): Promise<LiveAddresses> {
    running = await startLive(JSON.parse(process.argv[2] ?? '{}') as LiveOptions);
    const { url, loginUrl, otlp, key } = running;
    return { url, loginUrl, otlp, key };
  },
  state,
});
process.once('SIGTERM', () => {
  Promise.resolve(running?.close()).finally(() => process.exit());
});
