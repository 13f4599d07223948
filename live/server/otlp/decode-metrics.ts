/** ExportMetricsServiceRequest -> rows of points. */
import { FALSE, FIELDS, NO_VALUE, RAW, SMALL_INT, STRING, TRUE } from '../store/attribute-sets.ts';
import type { PointBlock } from '../store/block.ts';
import { type POINT_COLUMNS, POINT_KINDS } from '../store/columns.ts';
import { MalformedError, Wire } from '../store/wire.ts';
import { readAttribute } from './attributes.ts';
import { checkMessage } from './check.ts';
import { Decoder, MAX_ATTRIBUTES } from './decoder.ts';
import { MAX_SHARED_BYTES, type Range } from './resource.ts';
import type { MessageName } from './schema.ts';

/** A text that is entered in every block. */
const constant = (text: string): Wire => new Wire(Buffer.from(text));

/** Keys of the set that describes a metric; those of its texts are in the order of their tags. */
const TEXT_KEYS = ['name', 'description', 'unit'].map(constant);
const TYPE_KEY = constant('type');
const TEMPORALITY_KEY = constant('temporality');
const MONOTONIC_KEY = constant('monotonic');

interface PointKind {
  type: Wire;
  message: MessageName;
  /** Tag of the attributes within a point. */
  attributes: number;
  /** Index in POINT_KINDS; number points say theirs by the field that holds the value. */
  kind: number;
}

const numbers = (type: string): PointKind => ({ type: constant(type), message: 'NumberDataPoint', attributes: 0x3a, kind: 0 });

/** By the tag of a metric's data. */
const DATA: Record<number, PointKind> = {
  42: numbers('gauge'),
  58: numbers('sum'),
  74: { type: constant('histogram'), message: 'HistogramDataPoint', attributes: 0x4a, kind: POINT_KINDS.indexOf('histogram') },
  82: {
    type: constant('exponentialHistogram'),
    message: 'ExponentialHistogramDataPoint',
    attributes: 0x0a,
    kind: POINT_KINDS.indexOf('exponentialHistogram'),
  },
  90: { type: constant('summary'), message: 'SummaryDataPoint', attributes: 0x3a, kind: POINT_KINDS.indexOf('summary') },
};

/** Tag of what else is said of a metric. */
const METADATA = 0x62;

const KIND_DOUBLE = POINT_KINDS.indexOf('double');
const KIND_INT = POINT_KINDS.indexOf('int');

export class MetricDecoder extends Decoder<typeof POINT_COLUMNS> {
  /** Name, description, unit. */
  private readonly texts: readonly Range[] = TEXT_KEYS.map(() => ({ from: 0, to: 0 }));
  /** Its metadata: from, to, from, to, ... */
  private metadata: number[] = [];
  private textBytes = 0;
  /** The same as refs, in the block where they were entered last. */
  private textsIn: PointBlock | undefined;
  private readonly textRefs: number[] = [];
  private metadataRef = NO_VALUE;
  private data: PointKind = numbers('gauge');
  private temporality = 0;
  private monotonic = false;
  private described: PointBlock | undefined;
  private metric = 0;

  protected item(end: number): void {
    const { wire } = this;
    const start = wire.pos;
    this.findTexts(end);
    wire.pos = start;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      const data = DATA[tag];
      if (data === undefined) wire.skip(tag, end);
      else this.points(data, wire.length(end));
    }
  }

  protected override sharedBytes(): number {
    return super.sharedBytes() + this.textBytes;
  }

  /** Name and unit may come after the data: they are looked for first. */
  private findTexts(end: number): void {
    const { wire, texts } = this;
    for (const range of texts) range.to = range.from;
    if (this.metadata.length > 0) this.metadata = [];
    this.textBytes = 0;
    this.textsIn = undefined;
    while (wire.pos < end) {
      const from = wire.pos;
      const tag = wire.tag(end);
      const range = tag === 0x0a ? texts[0] : tag === 0x12 ? texts[1] : tag === 0x1a ? texts[2] : undefined;
      if (range !== undefined) {
        range.to = wire.length(end);
        range.from = wire.pos;
        wire.pos = range.to;
      } else if (tag === METADATA) {
        const stop = wire.length(end);
        if (this.isReadable(stop) && this.textBytes + stop - from <= MAX_SHARED_BYTES) {
          this.metadata.push(from, stop);
          this.textBytes += stop - from;
        }
      } else wire.skip(tag, end);
    }
    const [name, description, unit] = texts as [Range, Range, Range];
    const identity = name.to - name.from + unit.to - unit.from;
    if (identity > MAX_SHARED_BYTES)
      throw new MalformedError(`name and unit of a metric have more than ${MAX_SHARED_BYTES} bytes`);
    if (description.to - description.from > MAX_SHARED_BYTES) description.to = description.from;
    this.textBytes += identity + description.to - description.from;
  }

  /** Whether what ends at `stop` is a KeyValue. Leaves the wire there. */
  private isReadable(stop: number): boolean {
    try {
      checkMessage(this.wire, stop, 'KeyValue');
      return true;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.wire.pos = stop;
      return false;
    }
  }

  private points(data: PointKind, end: number): void {
    const { wire } = this;
    const start = wire.pos;
    this.data = data;
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
      if (tag === 0x0a) this.guarded(wire.length(end), this.point);
      else wire.skip(tag, end);
    }
  }

  private point(end: number): void {
    const { wire, data } = this;
    const row = this.nextRow();
    if (this.described !== this.block) this.describe();
    const { columns, dictionary, sets } = this.block;
    const start = wire.pos;
    let kind = data.kind;
    let attributes = 0;
    this.begin();
    sets.begin();
    while (wire.pos < end) {
      const from = wire.pos;
      const tag = wire.tag(end);
      if (tag === data.attributes) {
        // Its attributes say which series a point belongs to: without one of them it would belong to another.
        if (++attributes > MAX_ATTRIBUTES) throw new MalformedError(`a point of more than ${MAX_ATTRIBUTES} attributes`);
        if (!readAttribute(wire, wire.length(end), dictionary, sets))
          throw new MalformedError(`a point's attribute that ends at byte ${wire.pos} cannot be read`);
      } else if (tag === 0x11) this.copy8(columns.start, row, wire.take(8, end));
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

  /** Enters what describes the metric and its data into the block: the texts once, however many data fields there are. */
  private describe(): void {
    const { dictionary, sets } = this.block;
    const intern = (text: Wire): number => dictionary.intern(text, 0, text.bytes.length);
    const string = (id: number): number => ((id << 2) | STRING) >>> 0;
    if (this.textsIn !== this.block) {
      for (const [i, { from, to }] of this.texts.entries()) this.textRefs[i] = string(dictionary.intern(this.wire, from, to));
      this.metadataRef = this.storeMetadata();
      this.textsIn = this.block;
    }
    sets.begin();
    for (const [i, key] of TEXT_KEYS.entries()) sets.push(intern(key), this.textRefs[i] as number);
    sets.push(intern(TYPE_KEY), string(intern(this.data.type)));
    sets.push(intern(TEMPORALITY_KEY), ((this.temporality << 2) | SMALL_INT) >>> 0);
    sets.push(intern(MONOTONIC_KEY), this.monotonic ? TRUE : FALSE);
    if (this.metadata.length > 0) sets.push(FIELDS, this.metadataRef);
    this.metric = sets.end();
    this.described = this.block;
  }

  private storeMetadata(): number {
    const { metadata, wire } = this;
    const parts: Uint8Array[] = [];
    for (let i = 0; i < metadata.length; i += 2) parts.push(wire.bytes.subarray(metadata[i], metadata[i + 1]));
    const all = new Wire(Buffer.concat(parts));
    return ((this.block.dictionary.intern(all, 0, all.bytes.length) << 2) | RAW) >>> 0;
  }
}
