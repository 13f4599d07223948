const BEYOND = 10;

/** The rows to render: those in sight and a few beyond, so that a quick scroll finds them there. */
export function rowsInSight(scrollTop: number, height: number, rowHeight: number, count: number): { from: number; to: number } {
  const from = Math.floor(scrollTop / rowHeight) - BEYOND;
  const to = Math.ceil((scrollTop + height) / rowHeight) + BEYOND;
  return { from: Math.min(count, Math.max(0, from)), to: Math.min(count, Math.max(0, to)) };
}
