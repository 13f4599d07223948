/** Smooth edges of the service map: one cubic per pair of points, flat where it meets them. */

/** x, y alternating: start, two control points, end. */
export type Cubic = readonly [number, number, number, number, number, number, number, number];

export function cubics(points: readonly number[], vertical: boolean): Cubic[] {
  const out: Cubic[] = [];
  for (let i = 0; i + 3 < points.length; i += 2) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = points.slice(i, i + 4);
    const [middleX, middleY] = [(x0 + x1) / 2, (y0 + y1) / 2];
    out.push(vertical ? [x0, y0, x0, middleY, x1, middleY, x1, y1] : [x0, y0, middleX, y0, middleX, y1, x1, y1]);
  }
  return out;
}

/** The point at share `t` (0 to 1) of the way; every cubic counts the same. */
export function pointAt(curve: readonly Cubic[], t: number): [x: number, y: number] {
  const whole = Math.min(Math.max(t, 0), 1) * curve.length;
  const index = Math.min(curve.length - 1, Math.floor(whole));
  const c = curve[index];
  if (!c) return [0, 0];
  const u = whole - index;
  const v = 1 - u;
  const mix = (a: number, b: number, d: number, e: number) =>
    v * v * v * a + 3 * v * v * u * b + 3 * v * u * u * d + u * u * u * e;
  return [mix(c[0], c[2], c[4], c[6]), mix(c[1], c[3], c[5], c[7])];
}
