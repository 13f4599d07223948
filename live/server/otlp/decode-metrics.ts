/** ExportMetricsServiceRequest -> rows of points. */
import { FALSE, SMALL_INT, STRING, TRUE } from '../store/attribute-sets.ts';
import type { PointBlock } from '../store/block.ts';
import { type POINT_COLUMNS, POINT_KINDS } from '../store/columns.ts';
import { Wire } from '../store/wire.ts';
import { readAttribute } from './attributes.ts';
import { checkMessage } from './check.ts';
import { Decoder } from './decoder.ts';
import type { MessageName } from './schema.ts';

/** Keys of the set that describes a metric. */
const METRIC_KEYS = ['name', 'description', 'unit', 'type', 'temporality', 'monotonic'] as const;
const KEY_BYTES = Object.fromEntries(METRIC_KEYS.map((key) => [key, new Wire(Buffer.from(key))])) as Record<
  (typeof METRIC_KEYS)[number],
  Wire
>;

interface PointKind {
  type: string;
  message: MessageName;
  /** Tag of the attributes within a point. */
  attributes: number;
  /** Index in POINT_KINDS; number points say theirs by the field that holds the value. */
  kind: number;
}

const numbers = (type: string): PointKind => ({ type, message: 'NumberDataPoint', attributes: 0x3a, kind: 0 });

/** By the tag of a metric's data. */
const DATA: Record<number, PointKind> = {
  42: numbers('gauge'),
  58: numbers('sum'),
  74: { type: 'histogram', message: 'HistogramDataPoint', attributes: 0x4a, kind: POINT_KINDS.indexOf('histogram') },
  82: {
    type: 'exponentialHistogram',
    message: 'ExponentialHistogramDataPoint',
    attributes: 0x0a,
    kind: POINT_KINDS.indexOf('exponentialHistogram'),
  },
  90: { type: 'summary', message: 'SummaryDataPoint', attributes: 0x3a, kind: POINT_KINDS.indexOf('summary') },
};

const KIND_DOUBLE = POINT_KINDS.indexOf('double');
const KIND_INT = POINT_KINDS.indexOf('int');

/** A range of the request: nothing where `to` is `from`. */
interface Range {
  from: number;
  to: number;
}

export class MetricDecoder extends Decoder<typeof POINT_COLUMNS> {
  private readonly texts: Record<'name' | 'description' | 'unit', Range> = {
    name: { from: 0, to: 0 },
    description: { from: 0, to: 0 },
    unit: { from: 0, to: 0 },
  };
  private temporality = 0;
  private monotonic = false;
  private described: PointBlock | undefined;
  private metric = 0;

  protected item(end: number): void {
    const { wire } = this;
    const start = wire.pos;
    for (const range of Object.values(this.texts)) range.to = range.from;
    // Name and unit may come after the data: look for them first.
    while (wire.pos < end) {
      const tag = wire.tag(end);
      const text = tag === 0x0a ? 'name' : tag === 0x12 ? 'description' : tag === 0x1a ? 'unit' : undefined;
      if (text === undefined) {
        wire.skip(tag, end);
      } else {
        this.texts[text].to = wire.length(end);
        this.texts[text].from = wire.pos;
        wire.pos = this.texts[text].to;
      }
    }
    wire.pos = start;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      const data = DATA[tag];
      if (data === undefined) wire.skip(tag, end);
      else this.data(data, wire.length(end));
    }
  }

  private data(data: PointKind, end: number): void {
    const { wire } = this;
    const start = wire.pos;
    this.temporality = 0;
    this.monotonic = false;
    this.described = undefined;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === 0x10) {
        const value = wire.varint(end);
        this.temporality = value < 3 ? value : 0;
      } else if (tag === 0x18) this.monotonic = wire.varint(end) !== 0;
      else wire.skip(tag, end);
    }
    wire.pos = start;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (tag === 0x0a) this.point(data, wire.length(end));
      else wire.skip(tag, end);
    }
  }

  private point(data: PointKind, end: number): void {
    const row = this.nextRow();
    if (this.described !== this.block) this.describe(data.type);
    const { wire } = this;
    const { columns, dictionary, sets } = this.block;
    const start = wire.pos;
    let kind = data.kind;
    sets.begin();
    while (wire.pos < end) {
      const from = wire.pos;
      const tag = wire.tag(end);
      if (tag === data.attributes) readAttribute(wire, wire.length(end), dictionary, sets);
      else if (tag === 0x11) this.copy8(columns.start, row, wire.take(8, end));
      else if (tag === 0x19) this.copy8(columns.time, row, wire.take(8, end));
      else if (data.kind === 0 && (tag === 0x21 || tag === 0x31)) {
        this.copy8(columns.value, row, wire.take(8, end));
        kind = tag === 0x21 ? KIND_DOUBLE : KIND_INT;
      } else if (data.kind === 0 && tag === 0x2a) {
        checkMessage(wire, wire.length(end), 'Exemplar');
        this.keepRest(from, wire.pos);
      } else {
        wire.skip(tag, end);
        if (data.kind === 0 && tag === 0x40) this.keepRest(from, wire.pos);
      }
    }
    if (data.kind !== 0) {
      wire.pos = start;
      checkMessage(wire, end, data.message);
      this.keepRest(start, end);
    }
    columns.kind[row] = kind;
    columns.metric[row] = this.metric;
    columns.resource[row] = this.resource;
    columns.scope[row] = this.scope;
    columns.attributes[row] = sets.end();
    columns.rest[row] = this.storeRest(dictionary);
    this.accept();
  }

  /** Enters what describes the metric into the block. */
  private describe(type: string): void {
    const { dictionary, sets } = this.block;
    const key = (name: (typeof METRIC_KEYS)[number]): number =>
      dictionary.intern(KEY_BYTES[name], 0, KEY_BYTES[name].bytes.length);
    sets.begin();
    for (const name of ['name', 'description', 'unit'] as const) {
      const { from, to } = this.texts[name];
      sets.push(key(name), ((dictionary.intern(this.wire, from, to) << 2) | STRING) >>> 0);
    }
    const typeBytes = new Wire(Buffer.from(type));
    sets.push(key('type'), ((dictionary.intern(typeBytes, 0, typeBytes.bytes.length) << 2) | STRING) >>> 0);
    sets.push(key('temporality'), ((this.temporality << 2) | SMALL_INT) >>> 0);
    sets.push(key('monotonic'), this.monotonic ? TRUE : FALSE);
    this.metric = sets.end();
    this.described = this.block;
  }
}
