/**
 * Room stream: frames to whoever watches: the views, their layout, one WebSocket.
 *
 * The WebSocket: frames at up to 60 Hz to each client that keeps up; a client that does not costs two frames and nobody else anything.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Live } from '../receive/live.ts';
import { sameOrigin } from '../receive/session.ts';
import { HALF_TICK_MS, MAX_HZ, MAX_UNACKED_FRAMES, type ServerMessage } from './frame-layout.ts';
import { encodeFrame, jsonFrame, type Section } from './frames.ts';
import { parseMessage } from './messages.ts';
import type { Position, View } from './view.ts';
import { Views } from './views.ts';
import type { Vitals } from './vitals.ts';

/** What paths are resolved against; never a real host. */
const BASE = 'http://page.invalid';
const MAX_CLIENTS = 100;
const MAX_MESSAGE_BYTES = 16 * 1024;
/** Unsent bytes in this process at which a client counts as slow, whatever it has acknowledged. */
const MAX_BUFFERED_BYTES = 2 ** 19;
/** A frame of several views ends with the one that makes it longer than this; the others come with the next. */
const FULL_FRAME_BYTES = 2 ** 20;
/** A client without an answer to a ping for as long as this is gone. */
const PING_MS = 15_000;

interface Client {
  socket: WebSocket;
  json: boolean;
  hz: number;
  views: { view: View; position: Position }[];
  /** The view that the next frame begins with. */
  turn: number;
  nextMs: number;
  sequence: number;
  acknowledged: number;
  skipped: number;
  alive: boolean;
}

interface StreamOptions {
  live: Live;
  vitals: Vitals;
  /** Whether a request has a key; and whether it has the cookie. */
  hasKey(request: IncomingMessage): boolean;
  hasCookie(request: IncomingMessage): boolean;
}

export class Stream {
  readonly views: Views;
  private readonly options: StreamOptions;
  private readonly clients = new Set<Client>();
  private readonly server: WebSocketServer;
  private ticking: NodeJS.Timeout | undefined;
  private readonly pinging: NodeJS.Timeout;

  constructor(options: StreamOptions) {
    this.options = options;
    this.views = new Views(options.live, options.vitals);
    this.server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
    options.vitals.queuedBytes = () => [...this.clients].reduce((sum, { socket }) => sum + socket.bufferedAmount, 0);
    this.pinging = setInterval(() => this.ping(), PING_MS).unref();
  }

  /** Takes over an upgrade request of the page's server; false where it refuses. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    // Node hands the bare socket over: from here on its errors are ours.
    socket.on('error', () => socket.destroy());
    const url = URL.canParse(request.url ?? '', BASE) ? new URL(request.url ?? '', BASE) : undefined;
    const refusal = url?.pathname === '/stream' ? this.refusal(request) : '404 Not Found';
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return false;
    }
    this.server.handleUpgrade(request, socket, head, (ws) => this.connect(ws, url?.searchParams.get('format') === 'json'));
    return true;
  }

  close(): void {
    clearInterval(this.ticking);
    clearInterval(this.pinging);
    for (const { socket } of this.clients) socket.terminate();
    this.server.close();
  }

  private refusal(request: IncomingMessage): string | undefined {
    const { hasKey, hasCookie } = this.options;
    if (this.clients.size >= MAX_CLIENTS) return '503 Service Unavailable';
    if (hasKey(request)) return undefined;
    if (!hasCookie(request)) return '401 Unauthorized';
    return sameOrigin(request) ? undefined : '403 Forbidden';
  }

  private connect(socket: WebSocket, json: boolean): void {
    const client: Client = {
      socket,
      json,
      hz: MAX_HZ,
      views: [],
      turn: 0,
      nextMs: 0,
      sequence: 0,
      acknowledged: 0,
      skipped: 0,
      alive: true,
    };
    this.clients.add(client);
    this.options.vitals.clients = this.clients.size;
    socket.on('message', (data, isBinary) => this.receive(client, data, isBinary));
    socket.on('pong', () => {
      client.alive = true;
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.disconnect(client));
    this.ticking ??= setInterval(() => this.tick(), 1000 / MAX_HZ);
  }

  private disconnect(client: Client): void {
    this.clients.delete(client);
    this.options.vitals.clients = this.clients.size;
    for (const { view } of client.views) this.views.release(view);
    if (this.clients.size > 0) return;
    clearInterval(this.ticking);
    this.ticking = undefined;
  }

  private receive(client: Client, data: RawData, isBinary: boolean): void {
    const message = isBinary ? 'send JSON text' : parseMessage(String(data));
    if (typeof message === 'string') {
      send(client, { error: { code: 'bad_message', message } });
    } else if ('ack' in message) {
      client.acknowledged = Math.max(client.acknowledged, Math.min(message.ack, client.sequence));
    } else {
      // The new views first: what both have stays open.
      const views = message.subscribe.map((one) => ({ view: this.views.acquire(one), position: { version: 0, row: 0 } }));
      for (const { view } of client.views) this.views.release(view);
      client.views = views;
      client.turn = 0;
      client.hz = message.hz ?? MAX_HZ;
      client.nextMs = 0;
      send(client, { subscribed: views.map(({ view }) => ({ id: view.id, ...view.request })), hz: client.hz });
    }
  }

  private tick(): void {
    const started = performance.now();
    let made = 0;
    for (const client of this.clients) {
      if (client.views.length === 0 || started < client.nextMs - HALF_TICK_MS) continue;
      client.nextMs = Math.max(client.nextMs + 1000 / client.hz, started);
      if (client.sequence - client.acknowledged >= MAX_UNACKED_FRAMES || client.socket.bufferedAmount > MAX_BUFFERED_BYTES) {
        client.skipped++;
        this.options.vitals.framesSkipped++;
        continue;
      }
      if (this.frame(client, started)) made++;
    }
    if (made > 0) this.options.vitals.frameTook(performance.now() - started);
  }

  /** Sends what is new to a client; false where nothing is. */
  private frame(client: Client, startedMs: number): boolean {
    const sections = nextSections(client, startedMs);
    if (sections.length === 0) return false;
    const { live, vitals } = this.options;
    const header = {
      sequence: ++client.sequence,
      timeMs: live.now(),
      skipped: client.skipped,
      encodeMs: performance.now() - startedMs,
    };
    client.skipped = 0;
    client.socket.send(client.json ? jsonFrame(header, sections) : encodeFrame(header, sections));
    vitals.framesSent++;
    return true;
  }

  private ping(): void {
    for (const client of this.clients) {
      if (!client.alive) {
        client.socket.terminate();
        continue;
      }
      client.alive = false;
      client.socket.ping();
    }
  }
}

function nextSections(client: Client, startedMs: number): Section[] {
  const sections: Section[] = [];
  const { views } = client;
  let bytes = 0;
  let taken = 0;
  for (; taken < views.length && bytes <= FULL_FRAME_BYTES; taken++) {
    const one = views[(client.turn + taken) % views.length];
    for (const section of one?.view.sections(startedMs, one.position) ?? []) {
      sections.push(section);
      bytes += section.binary.byteLength;
    }
  }
  client.turn = taken < views.length ? (client.turn + taken) % views.length : 0;
  return sections;
}

function send(client: Client, message: ServerMessage): void {
  client.socket.send(JSON.stringify(message));
}
