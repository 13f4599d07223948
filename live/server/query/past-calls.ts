/** Who called whom in rows that are all there already: callers are gathered first, then each called span looks its caller up. */
import { type GraphNode, type NodeType, USER } from '../derive/graph.ts';
import { Tally } from './tally.ts';

export interface PastEdge {
  client: Node;
  server: Node;
  tally: Tally;
}
type Node = Pick<GraphNode, 'name' | 'type'>;

/** As many as are derived from what comes in. */
const MAX_EDGES = 500;
const WORDS = 3;
const FIRST_SLOTS = 2 ** 10;

export class PastCalls {
  readonly edges = new Map<string, PastEdge>();
  private readonly nodes: Node[] = [];
  private readonly byName = new Map<string, number>();
  /** Open addressing, WORDS words an entry: both words of the caller's id, 1 + its node * 2 + whether it failed (0 in an empty one). */
  private table = new Uint32Array(FIRST_SLOTS * WORDS);
  private used = 0;

  /** The number of a node, for `caller` and `called`. */
  node(name: string, type: NodeType): number {
    let index = this.byName.get(name);
    if (index === undefined) {
      index = this.nodes.push({ name, type }) - 1;
      this.byName.set(name, index);
    }
    return index;
  }

  /** A span that calls; `low` and `high` are its id. */
  caller(low: number, high: number, node: number, failed: boolean): void {
    if (this.used * 2 >= this.table.length / WORDS) this.grow();
    this.put(low, high, 1 + node * 2 + Number(failed));
  }

  /** A span that was called; `low` and `high` are its parent's id: one without, or whose parent is not held, was called by a user. */
  called(low: number, high: number, node: number, bucket: number, nanos: number, failed: boolean): void {
    const value = low === 0 && high === 0 ? 0 : this.find(low, high);
    const client = value === 0 ? this.node(USER, 'user') : (value - 1) >>> 1;
    this.call(client, node, bucket, nanos, failed || (value !== 0 && ((value - 1) & 1) === 1));
  }

  /** One call, both sides known. */
  call(client: number, server: number, bucket: number, nanos: number, failed: boolean): void {
    const key = `${client} ${server}`;
    let edge = this.edges.get(key);
    if (edge === undefined) {
      if (this.edges.size >= MAX_EDGES) return;
      edge = { client: this.nodes[client] as Node, server: this.nodes[server] as Node, tally: new Tally() };
      this.edges.set(key, edge);
    }
    edge.tally.add(bucket, nanos, failed);
  }

  private find(low: number, high: number): number {
    const { table } = this;
    for (let at = this.first(low, high); ; at = (at + WORDS) % table.length) {
      const value = table[at + 2] as number;
      if (value === 0 || (table[at] === low && table[at + 1] === high)) return value;
    }
  }

  private put(low: number, high: number, value: number): void {
    const { table } = this;
    let at = this.first(low, high);
    while (table[at + 2] !== 0 && !(table[at] === low && table[at + 1] === high)) at = (at + WORDS) % table.length;
    if (table[at + 2] === 0) this.used++;
    table[at] = low;
    table[at + 1] = high;
    table[at + 2] = value;
  }

  /** Where an id's search begins: ids are random, a multiplication spreads those that are not. */
  private first(low: number, high: number): number {
    return ((Math.imul(low ^ high, 0x9e3779b1) >>> 0) % (this.table.length / WORDS)) * WORDS;
  }

  private grow(): void {
    const old = this.table;
    this.table = new Uint32Array(old.length * 2);
    this.used = 0;
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + 2] !== 0) this.put(old[at] as number, old[at + 1] as number, old[at + 2] as number);
    }
  }
}
