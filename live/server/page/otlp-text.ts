/** Rows as the text of OTLP JSON, some at a time: all of a large trace at once would be gigabytes of objects. */

import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import { logsData, metricsData, type RowRef, tracesData } from '../otlp/rows.ts';
import { rowBytes } from '../query/row-bytes.ts';
import type { Block, LogBlock, PointBlock, SpanBlock } from '../store/block.ts';
import type { ColumnSpec } from '../store/columns.ts';
import type { Steps } from '../store/slices.ts';

/** A part that is ready; undefined where it may pause. */
export type TextSteps = Generator<string | undefined, void>;

export type Rows =
  | { signal: 'traces'; refs: Iterable<RowRef<SpanBlock>> }
  | { signal: 'metrics'; refs: Iterable<RowRef<PointBlock>> }
  | { signal: 'logs'; refs: Iterable<RowRef<LogBlock>> };

/** Rows that are grouped by resource and scope: these are written anew for the next. */
const GROUPED_ROWS = 256;
const GROUPED_BYTES = 2 ** 18;

/** TracesData, MetricsData or LogsData with these rows. */
export function otlpText({ signal, refs }: Rows): TextSteps {
  switch (signal) {
    case 'traces':
      return text('resourceSpans', refs, ['name', 'attributes', 'rest'], tracesData);
    case 'metrics':
      return text('resourceMetrics', refs, ['metric', 'attributes', 'rest'], metricsData);
    default:
      return text('resourceLogs', refs, ['body', 'attributes', 'rest'], logsData);
  }
}

/** The next part of about so many characters; undefined after the last. */
export function* partOf(texts: TextSteps, characters: number): Steps<string | undefined> {
  let part = '';
  for (;;) {
    const { done, value } = texts.next();
    part += value ?? '';
    if (done === true || part.length >= characters) return part === '' ? undefined : part;
    yield;
  }
}

function* text<C extends ColumnSpec>(
  list: string,
  refs: Iterable<RowRef<Block<C>>>,
  columns: readonly (keyof C & string)[],
  data: (rows: readonly RowRef<Block<C>>[]) => JsonObject,
): TextSteps {
  const sizes = new Map<Block<C>, (row: number) => number>();
  let rows: RowRef<Block<C>>[] = [];
  let bytes = 0;
  let before = `{"${list}":[`;
  const written = (): string => {
    const part = before + JSON.stringify(data(rows)[list]).slice(1, -1);
    [rows, bytes, before] = [[], 0, ','];
    return part;
  };
  for (const ref of refs) {
    const { block, row } = ref;
    const sizeOf = sizes.get(block) ?? rowBytes(block, columns);
    sizes.set(block, sizeOf);
    rows.push(ref);
    bytes += sizeOf(row);
    if (rows.length >= GROUPED_ROWS || bytes >= GROUPED_BYTES) yield written();
  }
  yield rows.length > 0 ? written() : before === ',' ? '' : before;
  yield ']}';
}
