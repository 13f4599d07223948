/**
 * Room store: what is held, as rings of columns under a cap of bytes, and the ledger that counts it.
 *
 * One signal's rows: a ring of blocks per service under one cap of bytes. When the cap is reached, the service that holds the most gives up its
 * oldest block, and never more than half of its rows at once: a noisy service evicts itself, never a quiet one.
 *
 * A batch is written straight into the blocks and shows only once it is committed; a rollback takes every trace of it back.
 */
import { Block, type BlockMark, type BlockShape, firstShape, type PackedBlock } from './block.ts';
import type { ColumnSpec } from './columns.ts';
import { copyRows } from './copy-rows.ts';
import type { Ledger, Signal } from './ledger.ts';

/** Rows of a service's first block, of each after it four times as many, up to the last: a service with little costs little. */
const FIRST_CAPACITY = 64;
const LAST_CAPACITY = 4096;
/** A block takes at most this part of what each service may hold when all hold alike: eviction goes in steps of that size. */
const PART_OF_SHARE = 1 / 8;
/** Services with rings of their own; whatever more there are share one, so that names cannot be used to grow it. */
const MAX_SERVICES = 1000;
export const OTHER_SERVICES = '(other services)';

/** Rows [from, to) of a block that one batch brought. */
export interface Committed<C extends ColumnSpec> {
  readonly block: Block<C>;
  readonly from: number;
  readonly to: number;
}

interface Partition<C extends ColumnSpec> {
  name: string;
  blocks: Block<C>[];
  bytes: number;
}

interface Touched<C extends ColumnSpec> {
  partition: Partition<C>;
  blocks: number;
  last: Block<C>;
  mark: BlockMark;
}

export class Ring<C extends ColumnSpec> {
  /** Bytes of all committed blocks. */
  bytes = 0;
  readonly signal: Signal;
  readonly capBytes: number;
  /** A block that belongs to no service: what a decoder holds before its first item. */
  readonly blank: Block<C>;
  private readonly spec: C;
  private readonly ledger: Ledger;
  private readonly now: () => number;
  private readonly partitions = new Map<string, Partition<C>>();
  private touched: Touched<C>[] = [];

  constructor(signal: Signal, spec: C, capBytes: number, ledger: Ledger, now: () => number) {
    this.signal = signal;
    this.spec = spec;
    this.capBytes = capBytes;
    this.ledger = ledger;
    this.now = now;
    this.blank = Block.empty(spec, '', firstShape(1), now());
  }

  /** The block that takes this service's next row. */
  writable(service: string): Block<C> {
    const partition = this.partitionOf(service);
    let block = partition.blocks[partition.blocks.length - 1] ?? this.append(partition, firstShape(FIRST_CAPACITY));
    if (!this.touched.some((one) => one.partition === partition)) {
      this.touched.push({ partition, blocks: partition.blocks.length, last: block, mark: block.mark() });
    }
    if (block.rows === block.capacity) {
      block = this.append(partition, block.nextShape(this.nextCapacity(block)));
    }
    return block;
  }

  /** Makes the batch visible under the key that sent it, then evicts down to the cap. */
  commit(key: string, rejected: number, reason: string): Committed<C>[] {
    const committed: Committed<C>[] = [];
    let rows = 0;
    for (const { partition, blocks } of this.touched) {
      for (let i = blocks - 1; i < partition.blocks.length; i++) {
        const block = partition.blocks[i] as Block<C>;
        const { committed: from, rows: to } = block;
        if (i < partition.blocks.length - 1) block.seal();
        this.weigh(partition, block);
        if (to === from) continue;
        block.commit(key);
        committed.push({ block, from, to });
        rows += to - from;
      }
    }
    this.touched = [];
    this.ledger.took(this.signal, key, rows, rejected, reason);
    this.evictToCap();
    return committed;
  }

  /** Takes rows that another process has decoded, as a block of their own. No batch may be open. */
  adopt(packed: PackedBlock): Committed<C>[] {
    const partition = this.partitionOf(packed.service);
    const { blocks } = partition;
    const block = Block.unpack(this.spec, { ...packed, service: partition.name }, this.now());
    const last = blocks[blocks.length - 1];
    // Before the one that is being filled, if any: that stays the last.
    blocks.splice(last === undefined || last.rows === last.capacity ? blocks.length : blocks.length - 1, 0, block);
    this.weigh(partition, block);
    for (const { key, from, to } of block.shares()) this.ledger.took(this.signal, key, to - from, 0, '');
    this.evictToCap();
    return [{ block, from: 0, to: block.committed }];
  }

  /** Forgets the batch: what is held, and the bytes that it takes, are as before. */
  rollback(): void {
    for (const { partition, blocks, last, mark } of this.touched) {
      partition.blocks.length = blocks;
      last.rewind(mark);
      if (last.weighed === 0) this.partitions.delete(partition.name);
    }
    this.touched = [];
  }

  /** Blocks with committed rows, per service the oldest first. */
  *blocks(service?: string): Generator<Block<C>> {
    for (const [name, partition] of this.partitions) {
      if (service === undefined || name === service) yield* partition.blocks;
    }
  }

  /** Services with rows held. */
  services(): string[] {
    return [...this.partitions].filter(([, { blocks }]) => blocks.some((block) => block.committed > 0)).map(([name]) => name);
  }

  /** Lets go of all rows: they are the caller's from then on. No batch may be open. */
  drain(): Block<C>[] {
    const blocks = [...this.blocks()];
    this.partitions.clear();
    this.bytes = 0;
    return blocks;
  }

  private partitionOf(service: string): Partition<C> {
    const name = this.partitions.has(service) || this.partitions.size < MAX_SERVICES ? service : OTHER_SERVICES;
    let partition = this.partitions.get(name);
    if (partition === undefined) {
      partition = { name, blocks: [], bytes: 0 };
      this.partitions.set(name, partition);
    }
    return partition;
  }

  private append(partition: Partition<C>, shape: BlockShape): Block<C> {
    const block = Block.empty(this.spec, partition.name, shape, this.now());
    partition.blocks.push(block);
    return block;
  }

  /** Rows of the block after this one. */
  private nextCapacity({ bytes, capacity }: Block<C>): number {
    const room = (this.capBytes / this.partitions.size) * PART_OF_SHARE;
    return Math.max(FIRST_CAPACITY, Math.min(capacity * 4, LAST_CAPACITY, Math.floor((room / bytes) * capacity)));
  }

  /** Takes the block's present size into the sums. */
  private weigh(partition: Partition<C>, block: Block<C>): void {
    const change = block.bytes - block.weighed;
    block.weighed += change;
    partition.bytes += change;
    this.bytes += change;
  }

  private evictToCap(): void {
    while (this.bytes > this.capBytes) this.evict();
  }

  private evict(): void {
    let heaviest: Partition<C> | undefined;
    for (const partition of this.partitions.values()) {
      if (heaviest === undefined || partition.bytes > heaviest.bytes) heaviest = partition;
    }
    const block = heaviest?.blocks.shift();
    if (heaviest === undefined || block === undefined) throw new Error(`${this.signal}: ${this.bytes} bytes held by nothing`);
    const kept = this.newerPart(block, heaviest.blocks);
    const dropped = block.committed - (kept?.committed ?? 0);
    for (const { key, from, to } of block.shares())
      if (from < dropped) this.ledger.evicted(this.signal, key, Math.min(to, dropped) - from);
    heaviest.bytes -= block.weighed;
    this.bytes -= block.weighed;
    if (kept !== undefined) {
      heaviest.blocks.unshift(kept);
      this.weigh(heaviest, kept);
    } else if (heaviest.blocks.length === 0) this.partitions.delete(heaviest.name);
  }

  /** The newer half of a block, as one of its own, where the block has most of its service's rows; undefined where all of it may go. */
  private newerPart(block: Block<C>, others: readonly Block<C>[]): Block<C> | undefined {
    const rest = others.reduce((sum, { committed }) => sum + committed, 0);
    const rows = block.committed >>> 1;
    if (block.committed <= rest || rows < FIRST_CAPACITY) return undefined;
    const kept = Block.empty(this.spec, block.service, block.nextShape(rows), block.createdMs);
    for (const { key, from, to } of block.shares(block.committed - rows)) {
      copyRows(block, from, to, () => kept);
      kept.commit(key);
    }
    kept.seal();
    return kept;
  }
}
