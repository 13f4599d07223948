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
  /** Whether the batch that is being written has rows here. */
  touched: boolean;
}

/** The first row of [from, to) that came before; `to` where none did. */
type NextKnown<C extends ColumnSpec> = (columns: Block<C>['columns'], from: number, to: number) => number;

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
  private readonly nextKnown: NextKnown<C> | undefined;
  private readonly partitions = new Map<string, Partition<C>>();
  private touched: Touched<C>[] = [];

  /** @param nextKnown finds rows that came before: they are left out and counted */
  constructor(signal: Signal, spec: C, capBytes: number, ledger: Ledger, now: () => number, nextKnown?: NextKnown<C>) {
    this.signal = signal;
    this.spec = spec;
    this.capBytes = capBytes;
    this.ledger = ledger;
    this.now = now;
    this.nextKnown = nextKnown;
    this.blank = Block.empty(spec, '', firstShape(1), now());
  }

  /**
   * The block that takes this service's next row.
   * @param rows that it should have room for if it is a new one: what it costs besides its rows is then little beside them
   */
  writable(service: string, rows = 0): Block<C> {
    const partition = this.partitionOf(service);
    let block = partition.blocks[partition.blocks.length - 1] ?? this.append(partition, firstShape(FIRST_CAPACITY));
    if (!partition.touched) {
      partition.touched = true;
      this.touched.push({ partition, blocks: partition.blocks.length, last: block, mark: block.mark() });
    }
    if (block.isFull) {
      block = this.append(partition, block.nextShape(Math.max(this.nextCapacity(block), Math.min(rows, LAST_CAPACITY))));
    }
    return block;
  }

  /**
   * Makes the batch visible under the key that sent it, then evicts down to the cap.
   * @param reasons how many items were left out of it, by reason
   */
  commit(key: string, reasons: Readonly<Record<string, number>> = {}): Committed<C>[] {
    const committed: Committed<C>[] = [];
    let rows = 0;
    let duplicate = 0;
    for (const { partition, blocks } of this.touched) {
      partition.touched = false;
      for (let i = blocks - 1; i < partition.blocks.length; i++) {
        const block = partition.blocks[i] as Block<C>;
        const from = block.committed;
        duplicate += this.leaveOutKnown(block, from);
        if (i < partition.blocks.length - 1) block.seal();
        this.weigh(partition, block);
        const to = block.rows;
        if (to === from) continue;
        block.commit(key);
        committed.push({ block, from, to });
        rows += to - from;
      }
    }
    this.touched = [];
    this.ledger.took(this.signal, key, rows, duplicate, reasons);
    this.evictToCap();
    return committed;
  }

  /** Takes rows that another thread or process has decoded, as a block of their own. No batch may be open. */
  adopt(packed: PackedBlock): Committed<C>[] {
    const partition = this.partitionOf(packed.service);
    const { blocks } = partition;
    const block = Block.unpack(this.spec, { ...packed, service: partition.name }, this.now());
    const came = [...block.shares()];
    this.leaveOutKnown(block, 0);
    for (const [i, { key, from, to }] of came.entries()) {
      const held = (block.runs[i]?.to ?? 0) - (block.runs[i - 1]?.to ?? 0);
      this.ledger.took(this.signal, key, held, to - from - held);
    }
    if (block.committed === 0) {
      if (blocks.length === 0) this.partitions.delete(partition.name);
      return [];
    }
    const last = blocks[blocks.length - 1];
    // Before the one that is being filled, if any: that stays the last.
    blocks.splice(last === undefined || last.isFull ? blocks.length : blocks.length - 1, 0, block);
    this.weigh(partition, block);
    this.evictToCap();
    return [{ block, from: 0, to: block.committed }];
  }

  /** Forgets the batch: what is held, and the bytes that it takes, are as before. */
  rollback(): void {
    for (const { partition, blocks, last, mark } of this.touched) {
      partition.touched = false;
      partition.blocks.length = blocks;
      last.rewind(mark);
      if (last.weighed === 0) this.partitions.delete(partition.name);
    }
    this.touched = [];
  }

  /** Blocks with committed rows, per service the oldest first. @param service where some may be of it: the block that services share is among them */
  *blocks(service?: string): Generator<Block<C>> {
    for (const [name, partition] of this.partitions) {
      if (service === undefined || name === service || name === OTHER_SERVICES) yield* partition.blocks;
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
      partition = { name, blocks: [], bytes: 0, touched: false };
      this.partitions.set(name, partition);
    }
    return partition;
  }

  private append(partition: Partition<C>, shape: BlockShape): Block<C> {
    const block = Block.empty(this.spec, partition.name, shape, this.now());
    partition.blocks.push(block);
    return block;
  }

  /** Takes out the rows from `from` on that came before; returns how many. */
  private leaveOutKnown(block: Block<C>, from: number): number {
    const { nextKnown } = this;
    if (nextKnown === undefined) return 0;
    const { columns, rows } = block;
    block.takeOut(from, (first, to) => nextKnown(columns, first, to));
    return rows - block.rows;
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
    const rows = block.committed >>> 1;
    if (rows < FIRST_CAPACITY) return undefined;
    let rest = 0;
    for (const { committed } of others) {
      rest += committed;
      if (rest >= block.committed) return undefined;
    }
    const kept = Block.empty(this.spec, block.service, block.nextShape(rows), block.createdMs);
    for (const { key, from, to } of block.shares(block.committed - rows)) {
      copyRows(block, from, to, () => kept);
      kept.commit(key);
    }
    kept.seal();
    return kept;
  }
}
