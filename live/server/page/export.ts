/** What is held, out as OTLP JSON, and OTLP JSON in. */

import type { Taken } from '../intake/intake.ts';
import { CLOSE_OBJECT, JsonReader, OPEN_OBJECT } from '../otlp/json-reader.ts';
import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import type { RowRef } from '../otlp/rows.ts';
import { timeMs } from '../otlp/values.ts';
import { ANY_LOG, newestSteps } from '../query/logs.ts';
import { ANY_SPAN, serviceTest, spanTest, within } from '../query/match.ts';
import { BadRequestError } from '../query/query.ts';
import type { Ingest } from '../receive/ingest.ts';
import type { Key } from '../receive/keys.ts';
import type { Live } from '../receive/live.ts';
import type { PointBlock, SpanBlock } from '../store/block.ts';
import { SIGNALS, type Signal } from '../store/ledger.ts';
import { atOnce, inSlices, over, type Steps } from '../store/slices.ts';
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
  return last(live.metrics.blocks(service === '' ? undefined : service), limit, (block) => {
    const ofService = serviceTest(block, service) ?? (() => false);
    return (row) => ofService(row) && within(timeMs(block.columns.time, row), fromMs, toMs);
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

const LISTS: Record<Signal, string> = { traces: 'resourceSpans', metrics: 'resourceMetrics', logs: 'resourceLogs' };
const MOST_NAME_BYTES = 100;
/** Of what is read in one step. */
const STEP_BYTES = 2 ** 18;

interface Imported extends Pick<Taken, 'held' | 'rejected' | 'duplicate'> {
  received: number;
}

/**
 * Takes OTLP JSON with any of resourceSpans, resourceMetrics and resourceLogs. All parts are read before the first is taken.
 * @throws BadRequestError, MalformedError, RefusedError
 */
export async function importRows(ingest: Ingest, key: Key, json: Uint8Array): Promise<Record<Signal, Imported>> {
  const signals = await inSlices(signalsIn(json), { owner: key.name });
  if (signals.size === 0)
    throw new BadRequestError('send OTLP JSON: an object with resourceSpans, resourceMetrics or resourceLogs');
  const none = (): Imported => ({ received: 0, held: 0, rejected: 0, duplicate: 0 });
  const imported: Record<Signal, Imported> = { traces: none(), metrics: none(), logs: none() };
  for (const signal of signals) {
    // Each is taken by itself, and who takes it keeps its bytes.
    const { held, rejected, duplicate } = await ingest.take(signal, 'import', key, json.slice(), 'json');
    imported[signal] = { received: held + rejected + duplicate, held, rejected, duplicate };
  }
  return imported;
}

/** The signals whose lists are among an object's members; none where it is no object. @throws MalformedError where it is not JSON */
function* signalsIn(json: Uint8Array): Steps<Set<Signal>> {
  const reader = new JsonReader(json);
  const found = new Set<Signal>();
  let pause = STEP_BYTES;
  if (reader.peek() !== OPEN_OBJECT) yield* reader.skipSteps();
  else {
    reader.pos++;
    for (let first = true; reader.more(first, CLOSE_OBJECT); first = false) {
      reader.key();
      const name = reader.to - reader.from < MOST_NAME_BYTES ? reader.text() : '';
      for (const signal of SIGNALS) if (name === LISTS[signal]) found.add(signal);
      reader.peek();
      yield* reader.skipSteps();
      if (reader.pos < pause) continue;
      pause = reader.pos + STEP_BYTES;
      yield;
    }
  }
  reader.finish();
  return found;
}
