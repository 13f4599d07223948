/**
 * Room trace: one trace as a tree: found, put together, analysed, drawn as rows.
 *
 * The tree of one trace's spans, as columns.
 */
import type { SpanBlock } from '../store/block.ts';

export const ROOT = -1;
export const ORPHAN = -2;

/** Rows of a trace that are in one block. */
export interface BlockRows {
  block: SpanBlock;
  rows: number[];
}

/** A span is an index, the earliest span 0. */
export interface TraceTree {
  count: number;
  /** Of the earliest span, since 1970. */
  startMs: number;
  /** Where the spans are held, and in the order of these rows which span each is. */
  byBlock: readonly BlockRows[];
  ranks: Int32Array;
  services: readonly string[];
  operations: readonly string[];
  /** Indices in these. */
  service: Int32Array;
  operation: Int32Array;
  /** Span ids: two words each, as blocks hold them. */
  ids: Uint32Array;
  kind: Uint8Array;
  status: Uint8Array;
  /** Start, as it came, after that of the earliest span. */
  offset: Float64Array;
  duration: Float64Array;
  /** What to add to a span's times so that they fit its parent's. */
  shift: Float64Array;
  /** The parent's index, ROOT or ORPHAN. */
  parent: Int32Array;
  /** 1 where the span was its own ancestor. */
  cyclic: Uint8Array;
  /** The children of span i, the earliest first, are children[childrenFrom[i] .. childrenFrom[i + 1]]. */
  childrenFrom: Int32Array;
  children: Int32Array;
}
