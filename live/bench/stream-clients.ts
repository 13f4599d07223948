/** Clients of the live view's stream: one that keeps up, and two kinds that do not. */
import { WebSocket } from 'ws';
import { decodeFrame, type ViewRequest } from '../server/stream/frame-layout.ts';
import type { LiveProcess } from './live-process.ts';

/** What the Now page subscribes to. */
export const NOW_VIEWS: readonly ViewRequest[] = [
  { view: 'services', window: 60 },
  { view: 'topology', window: 60 },
  { view: 'notable' },
  { view: 'errors' },
  { view: 'operations', window: 60 },
  { view: 'health' },
];

/** The throttled client reads one message in so many milliseconds. */
const READ_EVERY_MS = 500;
/** The deaf client acknowledges so often what it never read. */
const ACK_EVERY_MS = 8;
const RETRY_MS = 500;

export interface StreamClient {
  /** When each frame came, by performance.now(). */
  readonly framesAt: number[];
  /** How often the server closed the connection and this client came back. */
  readonly reconnects: number;
  close(): void;
}

/** What a kind of client does with its socket once it is open; returns what ends it. */
type Behaviour = (socket: WebSocket, ack: (sequence: number) => void) => () => void;

const BEHAVIOURS = {
  /** Takes every frame and acknowledges it at once. */
  prompt: (socket, ack) => {
    socket.on('message', (data, isBinary) => isBinary && ack(decodeFrame(data as ArrayBuffer).sequence));
    return () => {};
  },
  /** A page behind a narrow line: reads a little now and then, and acknowledges what it read. */
  throttled: (socket, ack) => {
    socket.on('message', (data, isBinary) => {
      if (isBinary) ack(decodeFrame(data as ArrayBuffer).sequence);
      socket.pause();
    });
    const timer = setInterval(() => socket.resume(), READ_EVERY_MS);
    return () => clearInterval(timer);
  },
  /** The worst that a client can do: reads nothing, and acknowledges whatever the server may have sent. */
  deaf: (socket, ack) => {
    socket.pause();
    const timer = setInterval(() => ack(Number.MAX_SAFE_INTEGER), ACK_EVERY_MS);
    return () => clearInterval(timer);
  },
} as const satisfies Record<string, Behaviour>;

/** Connects a client that subscribes to `views` at 60 Hz, and connects again where the server closes it. */
export function connectClient(live: LiveProcess, kind: keyof typeof BEHAVIOURS, views: readonly ViewRequest[]): StreamClient {
  const framesAt: number[] = [];
  const client = { framesAt, reconnects: -1, close };
  let socket: WebSocket;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  function open(): void {
    client.reconnects++;
    const opening = new WebSocket(`${live.url.replace('http', 'ws')}/stream`, {
      headers: { authorization: `Bearer ${live.key}` },
    });
    socket = opening;
    opening.binaryType = 'arraybuffer';
    let end = (): void => {};
    opening.on('open', () => {
      opening.send(JSON.stringify({ subscribe: views, hz: 60 }));
      end = BEHAVIOURS[kind](opening, (ack) => opening.send(JSON.stringify({ ack })));
    });
    opening.on('message', (_, isBinary) => isBinary && framesAt.push(performance.now()));
    opening.on('error', ({ message }) => closed || console.error(`a ${kind} client: ${message}`));
    opening.on('close', () => {
      end();
      if (!closed) retry = setTimeout(open, RETRY_MS);
    });
  }
  function close(): void {
    closed = true;
    clearTimeout(retry);
    socket.terminate();
  }
  open();
  return client;
}
