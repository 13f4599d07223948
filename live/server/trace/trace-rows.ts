/** Where a trace's spans are held. */

import type { RowRef } from '../otlp/rows.ts';
import { idWords } from '../otlp/values.ts';
import type { Live } from '../receive/live.ts';
import type { SpanBlock } from '../store/block.ts';
import { atOnce, over, type Steps } from '../store/slices.ts';
import type { BlockRows } from './tree.ts';

/** A block with what it held when work over it began: what comes later is not looked at, what is evicted meanwhile still is. */
export interface Held {
  block: SpanBlock;
  rows: number;
}

export const held = (live: Live): Held[] => [...live.traces.blocks()].map((block) => ({ block, rows: block.committed }));

/** Without an object for each span. */
export function* traceSteps(live: Live, traceId: string): Steps<BlockRows[]> {
  return (yield* rowsOfTraces(held(live), [traceId])).get(traceId) ?? [];
}

/** The same at one go. */
export const rowsByBlock = (...args: Parameters<typeof traceSteps>): BlockRows[] => atOnce(traceSteps(...args));

/** The rows of one span: more than one where a span came twice. */
export function rowsOfSpan(byBlock: readonly BlockRows[], spanId: string): RowRef<SpanBlock>[] {
  const [first, second] = idWords(spanId);
  return byBlock.flatMap(({ block, rows }) => {
    const { span } = block.columns;
    return rows.filter((row) => span[row * 2] === first && span[row * 2 + 1] === second).map((row) => ({ block, row }));
  });
}

/** One row after the other. */
export function* rowRefs(byBlock: readonly BlockRows[]): Generator<RowRef<SpanBlock>> {
  for (const { block, rows } of byBlock) for (const row of rows) yield { block, row };
}

export function* rowsOfTraces(all: readonly Held[], traceIds: readonly string[]): Steps<Map<string, BlockRows[]>> {
  const wanted = traceIds.map((traceId) => ({ words: idWords(traceId), byBlock: [] as BlockRows[] }));
  // Half of the first word says of nearly every row that it is none of them.
  const maybe = new Uint8Array(2 ** 16);
  const byFirst = new Map<number, typeof wanted>();
  for (const one of wanted) {
    const first = one.words[0] ?? 0;
    maybe[first >>> 16] = 1;
    byFirst.set(first, [...(byFirst.get(first) ?? []), one]);
  }
  for (const { block, rows } of all) {
    const { trace } = block.columns;
    yield* over(rows, (from, to) => {
      for (let row = from; row < to; row++) {
        const first = trace[row * 4] as number;
        if (maybe[first >>> 16] === 0) continue;
        for (const { words, byBlock } of byFirst.get(first) ?? []) {
          if (!isTrace(trace, row, words)) continue;
          const last = byBlock[byBlock.length - 1];
          if (last?.block === block) last.rows.push(row);
          else byBlock.push({ block, rows: [row] });
        }
      }
    });
  }
  return new Map(traceIds.map((traceId, i) => [traceId, wanted[i]?.byBlock ?? []]));
}

function isTrace(trace: Uint32Array, row: number, words: readonly number[]): boolean {
  for (let i = 0; i < 4; i++) if (trace[row * 4 + i] !== words[i]) return false;
  return true;
}
