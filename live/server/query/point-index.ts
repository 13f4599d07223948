/** What each block of points holds, by metric: kept beside the block and brought up to date by its new rows alone. */

import { timeMs } from '../otlp/values.ts';
import type { PointBlock } from '../store/block.ts';
import { serviceTest } from './match.ts';

export interface MetricInBlock {
  points: number;
  firstMs: number;
  lastMs: number;
}

interface BlockIndex {
  /** Rows that are counted. */
  rows: number;
  /** By the set that describes the metric. */
  metrics: Map<number, MetricInBlock>;
}

/** Weak: an index goes with its block. */
const indexes = new WeakMap<PointBlock, BlockIndex>();

/**
 * The metrics of a block by the id of the set that describes them. Costs what came since it was asked for last.
 * @param service '' for any; only of a block that services share it costs all rows
 */
export function metricsIn(block: PointBlock, service = ''): ReadonlyMap<number, MetricInBlock> {
  const whole = service === '' || service === block.service;
  const test = whole ? undefined : serviceTest(block, service);
  const index = (whole && indexes.get(block)) || { rows: 0, metrics: new Map<number, MetricInBlock>() };
  if (whole) indexes.set(block, index);
  for (; index.rows < block.committed; index.rows++) {
    if (!whole && test?.(index.rows) !== true) continue;
    const set = block.columns.metric[index.rows] as number;
    let metric = index.metrics.get(set);
    if (metric === undefined) {
      metric = { points: 0, firstMs: Number.POSITIVE_INFINITY, lastMs: 0 };
      index.metrics.set(set, metric);
    }
    const ms = timeMs(block.columns.time, index.rows);
    metric.points++;
    metric.firstMs = Math.min(metric.firstMs, ms);
    metric.lastMs = Math.max(metric.lastMs, ms);
  }
  return index.metrics;
}
