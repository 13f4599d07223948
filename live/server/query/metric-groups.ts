/** Series of one metric merged by attributes, before rates and quantiles are made of them. */

import type { Json, JsonObject } from '../otlp/protobuf-to-json.ts';
import type { Steps } from '../store/slices.ts';
import { difference, type Histogram, total } from './histogram.ts';
import { type Exemplar, type Point, type ReadPoint, readSteps, type Slots } from './metric-points.ts';
import { type PointSeries, shortened } from './metric-series.ts';

export interface Group {
  service: string;
  attributes: JsonObject;
  members: PointSeries[];
}

/** How a metric's points of several series come to one. */
export interface Merging {
  type: string;
  delta: boolean;
  monotonic: boolean;
}

/** One slot of a group: a number, or for histograms what was added in it. */
export interface Merged {
  timeMs: number;
  value: number;
  added: Histogram | undefined;
}

/** A series that stays silent this many slots is over: processes never report at quite the same distance. */
const STALE_SLOTS = 2;
const MOST_DISTANCES = 10_000;

/**
 * Groups by the keys ('service', or an attribute of the point or its resource); without any all is one group.
 * @param most groups that are kept
 */
export function* groupSteps(
  series: readonly PointSeries[],
  keys: readonly string[],
  most: number,
): Steps<{ groups: Group[]; more: boolean }> {
  const groups = new Map<string, Group>();
  let more = false;
  for (const one of series) {
    yield;
    const { attributes: own, resource } = one;
    const attributes: Record<string, Json> = {};
    for (const key of keys) if (key !== 'service') attributes[key] = own[key] ?? resource[key] ?? '';
    const service = keys.includes('service') ? one.service : '';
    const name = shortened(JSON.stringify([service, attributes]));
    const group = groups.get(name);
    if (group !== undefined) group.members.push(one);
    else if (groups.size < most) groups.set(name, { service, attributes, members: [one] });
    else more = true;
  }
  return { groups: [...groups.values()], more };
}

/** The usual distance of neighbouring points, in ms: the median, of some ten thousand where there are more. */
export function usualStepMs(series: readonly PointSeries[]): number {
  const steps: number[] = [];
  for (const { points } of series) {
    for (let i = 1; i < points.length && steps.length < MOST_DISTANCES; i++) {
      steps.push((points[i] as Point).timeMs - (points[i - 1] as Point).timeMs);
    }
  }
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

/**
 * Merges the members slot by slot: sums are added, gauges averaged, histograms added bucket by bucket.
 * @param pick the points of a member that are read
 */
export function* mergeSteps(
  { members }: Group,
  { type, delta, monotonic }: Merging,
  slots: Slots,
  pick: (one: PointSeries) => readonly Point[],
): Steps<{ merged: Merged[]; exemplars: Exemplar[] }> {
  const numbers = new Map<number, number[]>();
  const histograms = new Map<number, Histogram[]>();
  const exemplars: Exemplar[] = [];
  const lastMs = members.reduce((most, { points }) => Math.max(most, points.at(-1)?.timeMs ?? 0), 0);
  const firstMs = members.reduce((least, { points }) => Math.min(least, points[0]?.timeMs ?? least), lastMs);
  const range = { first: slots.of(firstMs), last: slots.of(lastMs) };
  for (const member of members) {
    const points = yield* readSteps(pick(member));
    for (const point of points) exemplars.push(...point.exemplars);
    if (points.some(({ histogram }) => histogram !== undefined)) addHistograms(histograms, points, slots, delta);
    else addNumbers(numbers, points, slots, range, delta ? 'delta' : type === 'sum' && monotonic ? 'counter' : 'level');
  }
  // The last slot is still being filled.
  const at = (slot: number): number => Math.min(slot * slots.stepMs, lastMs);
  const merged = [
    ...[...numbers].map(([slot, all]): Merged => {
      const sum = all.reduce((a, b) => a + b, 0);
      return { timeMs: at(slot), value: type === 'sum' ? sum : sum / all.length, added: undefined };
    }),
    ...[...histograms].map(([slot, all]): Merged => ({ timeMs: at(slot), value: Number.NaN, added: total(all) })),
  ];
  return { merged: merged.sort((a, b) => a.timeMs - b.timeMs), exemplars };
}

/**
 * What a member had in each slot. A counter goes on from where it was after a reset, and stands still before its first point and after its last: a
 * process that came or went would otherwise look like a jump of the sum.
 */
function addNumbers(
  into: Map<number, number[]>,
  points: readonly ReadPoint[],
  slots: Slots,
  range: { first: number; last: number },
  as: 'delta' | 'counter' | 'level',
): void {
  const known = points.filter(({ value }) => !Number.isNaN(value));
  const bySlot = new Map<number, number>();
  let before = 0;
  let running = 0;
  for (const { timeMs, value } of known) {
    const slot = slots.of(timeMs);
    running += value >= before ? value - before : value;
    before = value;
    bySlot.set(slot, as === 'counter' ? running : as === 'delta' ? (bySlot.get(slot) ?? 0) + value : value);
  }
  let [held, heldAt] = as === 'counter' ? [known[0]?.value ?? Number.NaN, range.first] : [Number.NaN, range.first];
  for (let slot = range.first; slot <= range.last; slot++) {
    const value = bySlot.get(slot);
    if (value !== undefined) [held, heldAt] = [value, slot];
    const shown = value ?? (as === 'counter' || (as === 'level' && slot - heldAt <= STALE_SLOTS) ? held : Number.NaN);
    if (!Number.isNaN(shown)) put(into, slot, shown);
  }
}

/** What a member added in each slot; of a cumulative one from its second point on. */
function addHistograms(into: Map<number, Histogram[]>, points: readonly ReadPoint[], slots: Slots, delta: boolean): void {
  let before: Histogram | undefined;
  for (const { timeMs, histogram } of points) {
    if (histogram === undefined) continue;
    if (delta) put(into, slots.of(timeMs), histogram);
    else if (before !== undefined) put(into, slots.of(timeMs), difference(before, histogram));
    before = histogram;
  }
}

function put<T>(into: Map<number, T[]>, slot: number, value: T): void {
  const list = into.get(slot);
  if (list === undefined) into.set(slot, [value]);
  else list.push(value);
}
