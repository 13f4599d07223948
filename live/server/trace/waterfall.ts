/** The shape of a trace as columns: small enough for the largest traces. */

import { NANOS_PER_MS } from '../otlp/values.ts';
import { ANY_SPAN, spanTest } from '../query/match.ts';
import { over, type Steps } from '../store/slices.ts';
import { JsonBytes } from './json-bytes.ts';
import type { TraceTree } from './tree.ts';

/** Bytes of an answer: its names, and each span's part of the columns. */
const USUAL_HEAD = 16_384;
const USUAL_PER_SPAN = 60;
/** Rows of one step, of each of which attributes may be read. */
const ROWS_PER_STEP = 256;

/**
 * The shape as JSON.
 * @param attributes `key=value`: with any, `matches` names the spans of which all hold, or of their resources
 */
export function* waterfallSteps(traceId: string, tree: TraceTree, attributes: string[]): Steps<Buffer> {
  const { startMs, services, operations, offset, duration, shift } = tree;
  let [end, shifted] = [0, false];
  yield* over(tree.count, (from, to) => {
    for (let span = from; span < to; span++) {
      end = Math.max(end, (offset[span] as number) + (duration[span] as number));
      shifted ||= shift[span] !== 0;
    }
  });
  const json = new JsonBytes(USUAL_HEAD + tree.count * USUAL_PER_SPAN);
  const columns: [name: string, write: Steps<void>][] = [
    ['spanIds', json.ids(tree.ids)],
    ['parents', json.integers(tree.parent)],
    ['offsetsMs', json.milliseconds(offset)],
    ['durationsMs', json.milliseconds(duration)],
    ['service', json.integers(tree.service)],
    ['operation', json.integers(tree.operation)],
    ['kind', json.integers(tree.kind)],
    ['status', json.integers(tree.status)],
    ['shiftsMs', json.milliseconds(shifted ? shift : shift.subarray(0, 0))],
  ];
  if (attributes.length > 0) columns.push(['matches', json.integers(yield* matching(tree, attributes))]);
  json.text(JSON.stringify({ traceId, startMs, durationMs: end / NANOS_PER_MS, services }).slice(0, -1));
  json.text(',"operations":');
  yield* json.strings(operations);
  for (const [name, write] of columns) {
    json.text(`,"${name}":`);
    yield* write;
  }
  json.text('}');
  return json.result();
}

/** The spans that match, in their order. */
function* matching({ count, byBlock, ranks }: TraceTree, attributes: string[]): Steps<Int32Array> {
  const matches = new Uint8Array(count);
  let [at, total] = [0, 0];
  for (const { block, rows } of byBlock) {
    const test = spanTest(block, { ...ANY_SPAN, attributes });
    const look = (row: number): void => {
      const matched = test?.(row) === true ? 1 : 0;
      matches[ranks[at++] as number] = matched;
      total += matched;
    };
    yield* over(
      rows.length,
      (from, to) => {
        for (let i = from; i < to; i++) look(rows[i] as number);
      },
      ROWS_PER_STEP,
    );
  }
  const spans = new Int32Array(total);
  for (let span = 0, next = 0; span < count; span++) if (matches[span] === 1) spans[next++] = span;
  return spans;
}
