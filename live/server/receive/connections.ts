/**
 * Who may stay connected. A connection that has shown a key stays for as long as there is room; one that has shown none has seconds, and a quarter of
 * the places. So whoever comes without a key, in whatever numbers, displaces others without one and never those that have one.
 */
import { readFileSync } from 'node:fs';
import type { Http2Session } from 'node:http2';
import type { Server as NetServer, Socket } from 'node:net';
import { type Closing, ConnectionCounts, type Listener } from './connection-counts.ts';
import { type Connection, ConnectionPool } from './connection-pool.ts';
import type { Limits } from './limits.ts';

/** How long it may take to read an answer that needs no key. */
const ANSWER_MS = 60_000;
const SWEEP_MS = 500;
/** Share of the places that is for those without a key. */
const WITHOUT_KEY = 1 / 4;
/** Descriptors that the process needs for other than connections: files, pipes, the listeners themselves. */
const OTHER_DESCRIPTORS = 64;
/** After this long without data, TCP asks whether the peer is still there. */
const TCP_KEEPALIVE_MS = 60_000;

type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>;

export class Connections {
  readonly counts = new ConnectionCounts();
  private readonly noKeyMs: number;
  private readonly strangers: ConnectionPool;
  private readonly known: ConnectionPool;
  /** By their sockets, TCP's and TLS's, and by HTTP/2's session. */
  private readonly bySocket = new WeakMap<object, Connection>();
  private sweeping: NodeJS.Timeout | undefined;

  constructor({ connections, noKeyMs }: Limits) {
    const places = Math.min(connections, mostDescriptors() - OTHER_DESCRIPTORS);
    this.noKeyMs = noKeyMs;
    this.strangers = new ConnectionPool(places * WITHOUT_KEY);
    this.known = new ConnectionPool(places * (1 - WITHOUT_KEY));
  }

  /** Keeps the connections of a server: before the server itself hears of them. */
  watch(server: NetServer, listener: Listener): void {
    // TLS and HTTP/2 have objects of their own for a connection; what is the same is the peer.
    const byPeer = new Map<string, Connection>();
    const alias = (of: object, { remoteAddress, remotePort }: Peer): void => {
      const one = byPeer.get(`${remoteAddress} ${remotePort}`);
      if (one !== undefined) this.bySocket.set(of, one);
    };
    server.prependListener('connection', (socket: Socket) => {
      const peer = `${socket.remoteAddress} ${socket.remotePort}`;
      const one = this.accept(socket, listener);
      byPeer.set(peer, one);
      socket.once('close', () => byPeer.get(peer) === one && byPeer.delete(peer));
    });
    server.prependListener('secureConnection', (socket: Socket) => alias(socket, socket));
    server.prependListener('session', (session: Http2Session) => alias(session, session.socket));
  }

  /** A request with a key begins on it. */
  begin(of: object): void {
    const one = this.bySocket.get(of);
    if (one === undefined) return;
    one.busy++;
    if (one.known || one.gone) return;
    one.known = true;
    this.strangers.delete(one);
    this.makeRoom(this.known.add(one));
  }

  /** A request with a key was answered. */
  end(of: object): void {
    const one = this.bySocket.get(of);
    if (one === undefined) return;
    one.busy--;
    this.known.used(one);
  }

  /** A request that needs no key is being answered: from now on until the function that it returns is called. */
  answering(of: object, ms = ANSWER_MS): () => void {
    const one = this.bySocket.get(of);
    const renew = (more: number): void => {
      if (one === undefined || one.known || one.gone) return;
      one.untilMs = performance.now() + more;
      this.strangers.used(one);
    };
    renew(ms);
    return () => renew(this.noKeyMs);
  }

  close(of: object, why: Closing): void {
    const one = this.bySocket.get(of);
    if (one !== undefined) this.leave(one, why);
  }

  private accept(socket: Socket, listener: Listener): Connection {
    const untilMs = performance.now() + this.noKeyMs;
    const address = socket.remoteAddress ?? '';
    const one: Connection = { socket, listener, address, known: false, gone: false, busy: 0, untilMs, usedAt: 0 };
    socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
    this.bySocket.set(socket, one);
    this.counts.opened(listener);
    socket.once('close', () => this.leave(one, 'client'));
    this.makeRoom(this.strangers.add(one));
    this.sweeping ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return one;
  }

  private makeRoom(leaves: Connection | undefined): void {
    if (leaves !== undefined) this.leave(leaves, 'crowded');
  }

  /** Its place is free at once, though the socket says later that it is closed. */
  private leave(one: Connection, why: Closing): void {
    if (one.gone) return;
    one.gone = true;
    (one.known ? this.known : this.strangers).delete(one);
    this.counts.closed(one.listener, why);
    one.socket.destroy();
  }

  private sweep(): void {
    const now = performance.now();
    for (const one of this.strangers) if (one.untilMs < now) this.leave(one, 'no_key');
    if (this.strangers.size > 0) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
  }
}

/** How many files and sockets the process may have open, as far as the system tells. */
function mostDescriptors(): number {
  try {
    const [, most] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return most === undefined ? Number.POSITIVE_INFINITY : Number(most);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
