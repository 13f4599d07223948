/** What services do, by name and kind of span: so many as there is room for, and one for all others. */
import type { SpanBlock } from '../store/block.ts';
import { OTHER_SERVICES } from '../store/ring.ts';
import { clippedString } from './clipped.ts';
import { Counter, Series } from './series.ts';

/** Index = OTLP's span kind. */
export const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

export const MAX_OPERATIONS = 1000;
/** Names that are looked up in one second while there is no room for another: a flood of them must not cost more than the rest. */
const MAX_LOOKED_UP = 2000;
export const OTHER_OPERATIONS = '(other operations)';

interface OperationState {
  readonly service: string;
  readonly operation: string;
  readonly kind: (typeof KINDS)[number];
  readonly series: Series;
}

/** Those of one block, by name id * 8 + kind. */
export type KnownOperations = Map<number, OperationState>;

export class Operations {
  private readonly states = new Map<string, OperationState>();
  private readonly lookedUp = new Counter();

  get size(): number {
    return this.states.size;
  }

  values(): Iterable<OperationState> {
    return this.states.values();
  }

  /** @param name its id in the block's dictionary */
  find(known: KnownOperations, block: SpanBlock, service: string, name: number, kind: number, now: number): OperationState {
    const key = name * 8 + kind;
    let state = known.get(key);
    if (state !== undefined) return state;
    if (this.states.size >= MAX_OPERATIONS && this.lookedUp.add(now, 1) > MAX_LOOKED_UP) return this.other();
    state = this.named(service, clippedString(block, name), kind);
    known.set(key, state);
    return state;
  }

  /** Lets go of what nothing was heard of since `oldest`; true where there was any. */
  sweep(oldest: number): boolean {
    const before = this.states.size;
    for (const [name, { series }] of this.states) if (series.lastSecond < oldest) this.states.delete(name);
    return this.states.size < before;
  }

  private other(): OperationState {
    return this.named(OTHER_SERVICES, OTHER_OPERATIONS, 0);
  }

  private named(service: string, operation: string, kind: number): OperationState {
    const key = `${service}\n${operation}\n${kind}`;
    const known = this.states.get(key);
    if (known !== undefined) return known;
    if (this.states.size >= MAX_OPERATIONS && operation !== OTHER_OPERATIONS) return this.other();
    const state = { service, operation, kind: KINDS[kind] ?? 'unspecified', series: new Series() };
    this.states.set(key, state);
    return state;
  }
}
