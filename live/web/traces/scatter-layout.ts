/** Where the dots of found traces are: time to the right, duration upwards (logarithmic, so that one slow trace does not press all others to the floor). */
export interface Dot {
  x: number;
  y: number;
  radius: number;
}

const MARGIN = 8;
const REACH = 12;
/** Shorter ones lie on the floor: a microsecond. */
const SHORTEST_MS = 1e-3;

interface Placed {
  startMs: number;
  durationMs: number;
  spans: number;
}

/** The moments of the first and the last of them. */
export function startRange(traces: readonly Pick<Placed, 'startMs'>[]): [fromMs: number, toMs: number] {
  const starts = traces.map(({ startMs }) => startMs);
  return [Math.min(...starts), Math.max(...starts)];
}

/** @param range the moments of the first and the last place for a dot */
export function placeDots(
  traces: readonly Placed[],
  [first, last]: readonly [fromMs: number, toMs: number],
  width: number,
  height: number,
): Dot[] {
  const longest = Math.max(SHORTEST_MS, ...traces.map(({ durationMs }) => durationMs));
  const shortest = Math.min(longest / 10, ...traces.map(({ durationMs }) => Math.max(SHORTEST_MS, durationMs)));
  const share = (ms: number) => Math.log(Math.max(SHORTEST_MS, ms) / shortest) / Math.log(longest / shortest);
  return traces.map(({ startMs, durationMs, spans }) => ({
    x: last > first ? MARGIN + clamp((startMs - first) / (last - first)) * (width - 2 * MARGIN) : width / 2,
    y: height - MARGIN - share(durationMs) * (height - 2 * MARGIN),
    radius: Math.min(6, 2.5 + Math.log10(Math.max(1, spans))),
  }));
}

/** A trace may begin before the interval that one of its spans is in. */
const clamp = (share: number): number => Math.min(1, Math.max(0, share));

/** The moments at both edges of the box: dots keep a margin from them. */
export function edgeTimes([first, last]: readonly [fromMs: number, toMs: number], width: number): [fromMs: number, toMs: number] {
  const margin = (MARGIN / Math.max(1, width - 2 * MARGIN)) * (last - first);
  return [first - margin, last + margin];
}

/** The index of the dot nearest to a point, -1 where none is within reach. */
export function nearestDot(dots: readonly Dot[], x: number, y: number): number {
  let nearest = -1;
  let least = REACH;
  dots.forEach((dot, i) => {
    const distance = Math.hypot(dot.x - x, dot.y - y);
    if (distance < least) [nearest, least] = [i, distance];
  });
  return nearest;
}
