/**
 * Who calls whom. A client span and the server span that names it as its parent come in different requests and in any order, so each waits for the
 * other in a table of fixed size; a server span that waits too long, or is pushed out, was called from outside.
 */
import { Series } from './series.ts';

export type NodeType = 'service' | 'database' | 'messaging' | 'user';
/** The node for callers that send no spans. */
export const USER = 'user';

export interface GraphNode {
  readonly name: string;
  readonly type: NodeType;
  readonly index: number;
}

interface Edge {
  readonly client: GraphNode;
  readonly server: GraphNode;
  readonly series: Series;
  calls: number;
}

/** Sets of WAYS entries: 131,072 sides that wait, at 20,000 spans/s the batches of about ten seconds. */
const SETS = 2 ** 15;
const WAYS = 4;
const WORDS = 8;
const HIGH = 1;
const META = 2;
const SECOND = 3;
const BUCKET = 4;
const MICROS = 5;
const LONGEST_MICROS = 2 ** 32 - 1;
const EMPTY = 0;
const CLIENT = 1;
const SERVER = 2;
const ROLE = 3;
const ERROR = 4;
const NODE_SHIFT = 3;

/** A server span waits this long for its client's: longer than exporters hold a batch by default (5 s) and send it. */
export const WAIT_SECONDS = 15;
const MAX_EDGES = 500;
const MAX_NODES = 2000;

export class Graph {
  private readonly nodes: GraphNode[] = [];
  private readonly nodesByName = new Map<string, GraphNode>();
  private readonly edges = new Map<number, Edge>();
  /** Entries of WORDS words: low and high of the id, role | ERROR | node << 3, second, bucket, microseconds. Together, for the processor's cache. */
  private readonly table = new Uint32Array(SETS * WAYS * WORDS);
  private readonly user = this.node(USER, 'user');
  /** Of what `fetch` read: without a use it would not read. */
  fetched = 0;

  /** The node of that name; the one for users where there are too many. */
  node(name: string, type: NodeType): GraphNode {
    let node = this.nodesByName.get(name);
    if (node === undefined) {
      if (this.nodes.length >= MAX_NODES) return this.user;
      node = { name, type, index: this.nodes.length };
      this.nodes.push(node);
      this.nodesByName.set(name, node);
    }
    return node;
  }

  /**
   * Reads the sets of ids [from, to), two words each, one after the other without waiting: the processor has them when they are looked up.
   * At 250 spans a request that is a twentieth of all that a receiver does.
   */
  fetch(ids: Uint32Array, from: number, to: number): void {
    const { table } = this;
    let read = 0;
    for (let id = from * 2; id < to * 2; id += 2) {
      const at = setOf(ids[id] as number, ids[id + 1] as number);
      read ^= (table[at] as number) ^ (table[at + 2 * WORDS] as number);
    }
    this.fetched = read;
  }

  /** A span that calls; `low`, `high` are its own id. */
  client(low: number, high: number, node: GraphNode, second: number, bucket: number, nanos: number, error: boolean): void {
    const at = this.find(low, high, SERVER);
    if (at < 0) {
      this.wait(low, high, CLIENT, node, second, bucket, nanos, error);
      return;
    }
    this.callOf(at, node, error);
  }

  /** A span that was called; `low`, `high` are its parent's id, both 0 where it has none. */
  server(low: number, high: number, node: GraphNode, second: number, bucket: number, nanos: number, error: boolean): void {
    if (low === 0 && high === 0) {
      this.call(this.user, node, second, bucket, nanos, error);
      return;
    }
    const at = this.find(low, high, CLIENT);
    if (at < 0) {
      this.wait(low, high, SERVER, node, second, bucket, nanos, error);
      return;
    }
    const meta = this.table[at + META] as number;
    this.call(this.nodeOf(meta), node, second, bucket, nanos, error || (meta & ERROR) !== 0);
    this.table[at + META] = EMPTY;
  }

  /** One call, both sides known. */
  call(client: GraphNode, server: GraphNode, second: number, bucket: number, nanos: number, error: boolean): void {
    const key = client.index * MAX_NODES + server.index;
    let edge = this.edges.get(key);
    if (edge === undefined) {
      if (this.edges.size >= MAX_EDGES) return;
      edge = { client, server, series: new Series(), calls: 0 };
      this.edges.set(key, edge);
    }
    edge.calls++;
    edge.series.add(second, bucket, nanos, error);
  }

  /** Once a second: who waited too long stops waiting, and edges without a call since `oldest` go. */
  sweep(now: number, oldest: number): void {
    const { table } = this;
    for (let at = 0; at < table.length; at += WORDS) {
      if (table[at + META] !== EMPTY && (table[at + SECOND] as number) <= now - WAIT_SECONDS) this.giveUp(at);
    }
    for (const [key, edge] of this.edges) if (edge.series.lastSecond < oldest) this.edges.delete(key);
  }

  all(): Edge[] {
    return [...this.edges.values()];
  }

  get bytes(): number {
    return this.all().reduce((sum, { series }) => sum + series.bytes, this.table.byteLength);
  }

  private find(low: number, high: number, role: number): number {
    const { table } = this;
    const from = setOf(low, high);
    for (let at = from; at < from + WAYS * WORDS; at += WORDS) {
      if (table[at] === low && table[at + HIGH] === high && ((table[at + META] as number) & ROLE) === role) return at;
    }
    return -1;
  }

  private wait(
    low: number,
    high: number,
    role: number,
    node: GraphNode,
    second: number,
    bucket: number,
    nanos: number,
    error: boolean,
  ): void {
    const { table } = this;
    const from = setOf(low, high);
    let at = from;
    for (let other = from; other < from + WAYS * WORDS; other += WORDS) {
      if (table[other + META] === EMPTY) {
        at = other;
        break;
      }
      if ((table[other + SECOND] as number) < (table[at + SECOND] as number)) at = other;
    }
    if (table[at + META] !== EMPTY) this.giveUp(at);
    table[at] = low;
    table[at + HIGH] = high;
    table[at + META] = role | (error ? ERROR : 0) | (node.index << NODE_SHIFT);
    table[at + SECOND] = second;
    table[at + BUCKET] = bucket;
    table[at + MICROS] = Math.min(LONGEST_MICROS, nanos / 1000);
  }

  private giveUp(at: number): void {
    if (((this.table[at + META] as number) & ROLE) === SERVER) this.callOf(at, this.user, false);
    else this.table[at + META] = EMPTY;
  }

  /** The call of the server that waits at `at`, now that its client is known; it waits no more. */
  private callOf(at: number, client: GraphNode, failed: boolean): void {
    const { table } = this;
    const meta = table[at + META] as number;
    const nanos = (table[at + MICROS] as number) * 1000;
    const error = failed || (meta & ERROR) !== 0;
    this.call(client, this.nodeOf(meta), table[at + SECOND] as number, table[at + BUCKET] as number, nanos, error);
    table[at + META] = EMPTY;
  }

  private nodeOf(meta: number): GraphNode {
    return this.nodes[meta >>> NODE_SHIFT] ?? this.user;
  }
}

/** Where an id's set begins: ids are random, so any of their bits will do. */
const setOf = (low: number, high: number): number => ((Math.imul(low ^ high, 0x9e3779b1) >>> 17) & (SETS - 1)) * WAYS * WORDS;
