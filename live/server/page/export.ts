/** What is held, out as OTLP JSON, and OTLP JSON in. */

import { objectToProtobuf } from '../otlp/json-to-protobuf.ts';
import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import type { RowRef } from '../otlp/rows.ts';
import type { MessageName } from '../otlp/schema.ts';
import { timeMs } from '../otlp/values.ts';
import { ANY_LOG, newestSteps } from '../query/logs.ts';
import { ANY_SPAN, spanTest, within } from '../query/match.ts';
import { BadRequestError } from '../query/query.ts';
import type { Ingest } from '../receive/ingest.ts';
import type { Taken } from '../receive/intake.ts';
import type { Key } from '../receive/keys.ts';
import type { Live } from '../receive/live.ts';
import type { PointBlock, SpanBlock } from '../store/block.ts';
import { SIGNALS, type Signal } from '../store/ledger.ts';
import { atOnce, over, type Steps } from '../store/slices.ts';
import { rowRefs, traceSteps } from '../trace/trace-rows.ts';
import { otlpText, type Rows } from './otlp-text.ts';

interface ExportFilter {
  service: string;
  traceId: string;
  fromMs: number;
  toMs: number;
}

/** The newest `limit` rows that match, of what is held when it begins. */
export function* exportSteps(live: Live, signal: string, filter: ExportFilter, limit: number): Steps<Rows> {
  switch (signal) {
    case 'logs':
      return { signal, refs: (yield* newestSteps(live, { ...ANY_LOG, ...filter }, limit)).reverse() };
    case 'metrics':
      return { signal, refs: yield* points(live, filter, limit) };
    default:
      return { signal: 'traces', refs: yield* spans(live, filter, limit) };
  }
}

/** The same as OTLP JSON, at one go. */
export function exportRows(...args: Parameters<typeof exportSteps>): JsonObject {
  return JSON.parse([...otlpText(atOnce(exportSteps(...args)))].join('')) as JsonObject;
}

function* spans(live: Live, filter: ExportFilter, limit: number): Steps<RowRef<SpanBlock>[]> {
  if (filter.traceId !== '') return [...rowRefs(yield* traceSteps(live, filter.traceId))].slice(-limit);
  const { service, fromMs, toMs } = filter;
  return yield* last(live.traces.blocks(), limit, (block) => {
    const test = spanTest(block, { ...ANY_SPAN, service, fromMs, toMs });
    return test ?? (() => false);
  });
}

function points(live: Live, { service, fromMs, toMs }: ExportFilter, limit: number): Steps<RowRef<PointBlock>[]> {
  return last(live.metrics.blocks(service === '' ? undefined : service), limit, ({ columns }) => {
    return (row) => within(timeMs(columns.time, row), fromMs, toMs);
  });
}

/** The last `limit` matching rows: of the newest blocks, the newest rows. */
function* last<B extends { createdMs: number; committed: number }>(
  blocks: Iterable<B>,
  limit: number,
  testOf: (block: B) => (row: number) => boolean,
): Steps<RowRef<B>[]> {
  const found: RowRef<B>[] = [];
  const held = [...blocks].map((block) => ({ block, rows: block.committed }));
  for (const { block, rows } of held.sort((a, b) => b.block.createdMs - a.block.createdMs)) {
    const test = testOf(block);
    yield* over(rows, (from, to) => {
      for (let i = from; i < to && found.length < limit; i++) if (test(rows - 1 - i)) found.push({ block, row: rows - 1 - i });
    });
    if (found.length === limit) break;
  }
  return found.reverse();
}

const PARTS: Record<Signal, { list: string; message: MessageName }> = {
  traces: { list: 'resourceSpans', message: 'TracesData' },
  metrics: { list: 'resourceMetrics', message: 'MetricsData' },
  logs: { list: 'resourceLogs', message: 'LogsData' },
};

/**
 * Takes an object with any of resourceSpans, resourceMetrics and resourceLogs. All parts are read before the first is taken.
 * @throws BadRequestError, MalformedError, RefusedError
 */
export async function importRows(ingest: Ingest, key: Key, body: unknown): Promise<Record<Signal, Taken & { received: number }>> {
  if (typeof body !== 'object' || body === null || !Object.values(PARTS).some(({ list }) => list in body)) {
    throw new BadRequestError('send OTLP JSON: an object with resourceSpans, resourceMetrics or resourceLogs');
  }
  const parts = SIGNALS.filter((signal) => PARTS[signal].list in body).map(
    (signal) => [signal, objectToProtobuf(body, PARTS[signal].message)] as const,
  );
  const imported: Record<Signal, Taken & { received: number }> = {
    traces: { received: 0, held: 0, rejected: 0 },
    metrics: { received: 0, held: 0, rejected: 0 },
    logs: { received: 0, held: 0, rejected: 0 },
  };
  for (const [signal, bytes] of parts) {
    const { held, rejected } = await ingest.take(signal, 'import', key, bytes);
    imported[signal] = { received: held + rejected, held, rejected };
  }
  return imported;
}
