/** Filters over rows: what can be said of a whole block or a whole attribute set is said once. */

import { durationNanos, servicesOf, timeMs, valueText } from '../otlp/values.ts';
import { CONSTANT, FALSE, RAW, SMALL_INT, STRING, TRUE } from '../store/attribute-sets.ts';
import type { Block, SpanBlock } from '../store/block.ts';
import type { ColumnSpec } from '../store/columns.ts';
import { remembered } from '../store/remembered.ts';
import { OTHER_SERVICES } from '../store/ring.ts';
import { Wire } from '../store/wire.ts';

type AnyBlock = Pick<Block<ColumnSpec>, 'dictionary' | 'sets'>;

export interface SpanFilter {
  service: string;
  operation: string;
  /** Status code, or -1 for any. */
  status: number;
  /** NaN where there is no such bound. */
  minDurationMs: number;
  maxDurationMs: number;
  fromMs: number;
  toMs: number;
  /** `key=value`, all of which must hold of the span or its resource. */
  attributes: string[];
}

export const ANY_SPAN: SpanFilter = {
  service: '',
  operation: '',
  status: -1,
  minDurationMs: Number.NaN,
  maxDurationMs: Number.NaN,
  fromMs: Number.NaN,
  toMs: Number.NaN,
  attributes: [],
};

/** A test of this block's rows; undefined where none of them can match. */
export function spanTest(block: SpanBlock, filter: SpanFilter): ((row: number) => boolean) | undefined {
  const ofService = serviceTest(block, filter.service);
  if (ofService === undefined) return undefined;
  const names = filter.operation === '' ? undefined : new Set(block.dictionary.idsOf(new Wire(Buffer.from(filter.operation))));
  if (names?.size === 0) return undefined;
  const attributes = attributeTests(block, filter.attributes);
  if (attributes === undefined) return undefined;
  const { columns } = block;
  const minNanos = filter.minDurationMs * 1e6;
  const maxNanos = filter.maxDurationMs * 1e6;
  return (row) => {
    if (!ofService(row)) return false;
    if (names !== undefined && !names.has(columns.name[row] as number)) return false;
    if (filter.status >= 0 && (columns.meta[row] as number) >>> 4 !== filter.status) return false;
    if (!Number.isNaN(minNanos) && durationNanos(columns.start, columns.end, row) < minNanos) return false;
    if (!Number.isNaN(maxNanos) && durationNanos(columns.start, columns.end, row) > maxNanos) return false;
    if (!within(timeMs(columns.start, row), filter.fromMs, filter.toMs)) return false;
    return attributes.every((has) => has(columns.attributes[row] as number) || has(columns.resource[row] as number));
  };
}

/** A test of this block's rows for their service, '' for any; undefined where none of them can be of it. */
export function serviceTest(block: Parameters<typeof servicesOf>[0], service: string): ((row: number) => boolean) | undefined {
  if (service === '' || service === block.service) return () => true;
  if (block.service !== OTHER_SERVICES) return undefined;
  const of = servicesOf(block);
  return (row) => of(row) === service;
}

/** Whether a time lies within bounds of which either may be NaN: none. */
export function within(ms: number, fromMs: number, toMs: number): boolean {
  return !(ms < fromMs) && !(ms > toMs);
}

/** One test of set ids for each `key=value`; undefined where the block lacks a key, so that no row can match. */
export function attributeTests(block: AnyBlock, wanted: readonly string[]): ((set: number) => boolean)[] | undefined {
  const tests: ((set: number) => boolean)[] = [];
  for (const one of wanted) {
    const equals = one.indexOf('=');
    const keys = new Set(block.dictionary.idsOf(new Wire(Buffer.from(one.slice(0, equals)))));
    if (keys.size === 0) return undefined;
    const test = valueTest(block, one.slice(equals + 1));
    tests.push(remembered((set) => hasValue(block, set, keys, test)));
  }
  return tests;
}

/** A test of value refs for their text. */
function valueTest(block: AnyBlock, wanted: string): (ref: number) => boolean {
  const refs = new Set(block.dictionary.idsOf(new Wire(Buffer.from(wanted))).map((id) => ((id << 2) | STRING) >>> 0));
  if (/^\d{1,9}$/.test(wanted) && Number(wanted) < 2 ** 28) refs.add(((Number(wanted) << 2) | SMALL_INT) >>> 0);
  if (wanted === 'true') refs.add(TRUE);
  if (wanted === 'false') refs.add(FALSE);
  return remembered((ref) => refs.has(ref) || ((ref & CONSTANT) === RAW && valueText(block, ref) === wanted));
}

function hasValue({ sets }: AnyBlock, set: number, keys: ReadonlySet<number>, test: (ref: number) => boolean): boolean {
  for (let i = 0; i < sets.size(set); i++) if (keys.has(sets.keyAt(set, i)) && test(sets.valueAt(set, i))) return true;
  return false;
}
