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

export function placeDots(
  traces: readonly { startMs: number; durationMs: number; spans: number }[],
  width: number,
  height: number,
): Dot[] {
  const starts = traces.map(({ startMs }) => startMs);
  const [first, last] = [Math.min(...starts), Math.max(...starts)];
  const longest = Math.max(SHORTEST_MS, ...traces.map(({ durationMs }) => durationMs));
  const shortest = Math.min(longest / 10, ...traces.map(({ durationMs }) => Math.max(SHORTEST_MS, durationMs)));
  const share = (ms: number) => Math.log(Math.max(SHORTEST_MS, ms) / shortest) / Math.log(longest / shortest);
  return traces.map(({ startMs, durationMs, spans }) => ({
    x: last > first ? MARGIN + ((startMs - first) / (last - first)) * (width - 2 * MARGIN) : width / 2,
    y: height - MARGIN - share(durationMs) * (height - 2 * MARGIN),
    radius: Math.min(6, 2.5 + Math.log10(Math.max(1, spans))),
  }));
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
