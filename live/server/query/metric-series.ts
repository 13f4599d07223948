/** The points of one metric by series. */

import { createHash } from 'node:crypto';
import { clip } from '../derive/clipped.ts';
import type { JsonObject } from '../otlp/protobuf-to-json.ts';
import { plainAttributes, serviceByResource, timeMs } from '../otlp/values.ts';
import type { Live } from '../receive/live.ts';
import type { PointBlock } from '../store/block.ts';
import { remembered } from '../store/remembered.ts';
import { over, type Steps } from '../store/slices.ts';
import { attributeTests, serviceTest, within } from './match.ts';
import { type Described, describer, isNamed } from './metric-names.ts';
import type { Point } from './metric-points.ts';
import { metricsIn } from './point-index.ts';

const INSTANCE = 'service.instance.id';
/** Series that one answer reads, and attribute keys that it names. */
const MOST_SERIES = 50_000;
const MOST_KEYS = 1_000;
/** Rows of one step, of each of which attributes may be read. */
const ROWS_PER_STEP = 128;

export interface MetricFilter {
  service: string;
  attributes: string[];
  /** NaN where there is no such bound. */
  fromMs: number;
  toMs: number;
}

/** A service's resource with a set of attributes. What these say is read when it is asked for: of thousands of series few are shown. */
export class PointSeries {
  /** In the order of time once `collectSteps` is through. */
  readonly points: Point[] = [];
  private readonly block: PointBlock;
  private readonly sets: { resource: number; attributes: number };

  constructor(block: PointBlock, sets: { resource: number; attributes: number }) {
    this.block = block;
    this.sets = sets;
  }

  get service(): string {
    return serviceByResource(this.block)(this.sets.resource);
  }

  /** Its own, and of the resource the instance, which is what tells two of a kind apart. */
  get attributes(): JsonObject {
    const own = plainAttributes(this.block, this.sets.attributes);
    const instance = this.resource[INSTANCE];
    return instance === undefined ? own : { ...own, [INSTANCE]: instance };
  }

  /** Of the resource: what may be grouped by besides. */
  get resource(): JsonObject {
    return plainAttributes(this.block, this.sets.resource);
  }
}

export interface Collected {
  /** As the newest block describes it; undefined where no point of that name is held. */
  metric: Described | undefined;
  series: PointSeries[];
  /** Series were left out: there are more than one answer reads. */
  more: boolean;
  /** Attribute keys of the series. */
  keys: string[];
}

/** All points that match, by series; of what is held when it begins. */
export function* collectSteps(live: Live, name: string, filter: MetricFilter): Steps<Collected> {
  const found = new SeriesTable();
  let metric: Described | undefined;
  const held = [...live.metrics.blocks(filter.service === '' ? undefined : filter.service)];
  for (const { block, rows } of held.map((one) => ({ block: one, rows: one.committed }))) {
    yield;
    const wanted = new Set<number>();
    const named = isNamed(block, name);
    for (const [set, { firstMs, lastMs }] of metricsIn(block, filter.service)) {
      if (!named(set)) continue;
      metric = describer(block)(set);
      if (!(lastMs < filter.fromMs) && !(firstMs > filter.toMs)) wanted.add(set);
    }
    const ofService = serviceTest(block, filter.service);
    const tests = ofService === undefined || wanted.size === 0 ? undefined : attributeTests(block, filter.attributes);
    if (tests === undefined) continue;
    const { columns } = block;
    const seriesOf = found.inBlock(block);
    const look = (row: number): void => {
      if (!wanted.has(columns.metric[row] as number) || ofService?.(row) !== true) return;
      const ms = timeMs(columns.time, row);
      const attributes = columns.attributes[row] as number;
      const resource = columns.resource[row] as number;
      if (!within(ms, filter.fromMs, filter.toMs) || !tests.every((test) => test(attributes) || test(resource))) return;
      seriesOf(resource, attributes)?.points.push({ block, row, timeMs: ms });
    };
    yield* over(
      rows,
      (from, to) => {
        for (let row = from; row < to; row++) look(row);
      },
      ROWS_PER_STEP,
    );
  }
  const series = [...found.series.values()];
  for (const { points } of series) {
    points.sort((a, b) => a.timeMs - b.timeMs);
    yield;
  }
  return { metric, series, more: found.full, keys: [...found.keys].sort() };
}

/** Series by what their attributes say. */
class SeriesTable {
  readonly series = new Map<string, PointSeries>();
  readonly keys = new Set<string>();
  full = false;

  /** A function of a block's sets; undefined where the series is one too many. */
  inBlock(block: PointBlock): (resource: number, attributes: number) => PointSeries | undefined {
    const known = new Map<number, PointSeries | undefined>();
    const resourceKey = remembered((set) => shortened(JSON.stringify(plainAttributes(block, set))));
    const serviceOf = serviceByResource(block);
    const find = (resource: number, attributes: number): PointSeries | undefined => {
      const own = Object.entries(plainAttributes(block, attributes)).sort(([a], [b]) => (a < b ? -1 : 1));
      const key = JSON.stringify([serviceOf(resource), resourceKey(resource), shortened(JSON.stringify(own))]);
      const one = this.series.get(key);
      if (one !== undefined) return one;
      this.full ||= this.series.size >= MOST_SERIES;
      if (this.full) return undefined;
      const made = new PointSeries(block, { resource, attributes });
      this.series.set(key, made);
      for (const name of Object.keys(made.attributes)) if (this.keys.size < MOST_KEYS) this.keys.add(clip(name));
      return made;
    };
    return (resource, attributes) => {
      const pair = resource * 2 ** 24 + attributes;
      if (known.has(pair)) return known.get(pair);
      const one = find(resource, attributes);
      known.set(pair, one);
      return one;
    };
  }
}

/** A text to compare by: one of megabytes may be in every series. */
export const shortened = (text: string): string =>
  text.length <= 200 ? text : createHash('sha256').update(text).digest('base64');
