/** A trace as columns, in the order it is shown: what the waterfall needs, without an object per span. */

/** The answer of /api/traces/{traceId}/waterfall; see live/openapi.yml. */
export interface WaterfallAnswer {
  traceId: string;
  startMs: number;
  services: string[];
  operations: string[];
  spanIds: string[];
  /** Row of the parent; -1 for a root, -2 where the parent is not held. */
  parents: number[];
  /** Starts as they came, less `startMs`. */
  offsetsMs: number[];
  durationsMs: number[];
  service: number[];
  operation: number[];
  kind: number[];
  status: number[];
  /** What to add to the starts because clocks disagree; empty where none does. */
  shiftsMs: number[];
}

export const FLAGS = { error: 1, orphan: 2, cycle: 4, skewed: 8 } as const;
export const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const NOT_HELD = -2;
const STATUS_ERROR = 2;
/** Many SDKs' clocks tick in milliseconds: less is no sign of another clock. */
const NOTABLE_SKEW_MS = 1;

export interface Trace {
  traceId: string;
  /** Ms since 1970 of the earliest span as it is shown; all other times count from here. */
  startMs: number;
  durationMs: number;
  count: number;
  errors: number;
  services: readonly string[];
  operations: readonly string[];
  spanIds: readonly string[];
  /** Rows by span id, made when first asked for: most traces are only looked at. */
  rows(): ReadonlyMap<string, number>;
  service: Int32Array;
  operation: Int32Array;
  kind: Int32Array;
  flags: Uint8Array;
  /** Row of the parent, -1 where there is none to show. */
  parent: Int32Array;
  start: Float64Array;
  duration: Float64Array;
  /** What was added to `start` because clocks disagree. */
  shift: Float64Array;
  /** Rows in depth-first order, siblings by start. */
  order: Int32Array;
  /** Where a row is in `order`. */
  position: Int32Array;
  depth: Int32Array;
  /** How many rows are below a row. */
  descendants: Int32Array;
}

/** Builds the columns. Orphans and members of cycles are shown as roots; skewed spans are moved. */
export function buildTrace(answer: WaterfallAnswer): Trace {
  const count = answer.parents.length;
  const flags = new Uint8Array(count);
  const parent = new Int32Array(answer.parents);
  for (let row = 0; row < count; row++) {
    const above = parent[row] ?? -1;
    if (above === NOT_HELD) flags[row] = FLAGS.orphan;
    if (above === row) flags[row] = FLAGS.cycle;
    if (above < 0 || above >= count || above === row) parent[row] = -1;
  }
  const start = new Float64Array(answer.offsetsMs);
  const duration = new Float64Array(answer.durationsMs);
  const tree = orderTree(parent, start, flags);
  const shift = new Float64Array(count);
  shift.set(answer.shiftsMs);
  let rows: ReadonlyMap<string, number> | undefined;
  let errors = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (let row = 0; row < count; row++) {
    if (answer.status[row] === STATUS_ERROR) {
      flags[row] = (flags[row] ?? 0) | FLAGS.error;
      errors++;
    }
    const moved = shift[row] ?? 0;
    // What moves along with its parent has the same clock as that.
    if (Math.abs(moved) >= NOTABLE_SKEW_MS && moved !== shift[parent[row] ?? -1]) flags[row] = (flags[row] ?? 0) | FLAGS.skewed;
    start[row] = (start[row] ?? 0) + moved;
    first = Math.min(first, start[row] ?? 0);
    last = Math.max(last, (start[row] ?? 0) + (duration[row] ?? 0));
  }
  if (count === 0) first = 0;
  for (let row = 0; row < count; row++) start[row] = (start[row] ?? 0) - first;
  return {
    traceId: answer.traceId,
    startMs: answer.startMs + first,
    durationMs: last - first,
    count,
    errors,
    services: answer.services,
    operations: answer.operations,
    spanIds: answer.spanIds,
    rows: () => {
      rows ??= new Map(answer.spanIds.map((id, row) => [id, row]));
      return rows;
    },
    service: new Int32Array(answer.service),
    operation: new Int32Array(answer.operation),
    kind: new Int32Array(answer.kind),
    flags,
    parent,
    start,
    duration,
    shift,
    ...tree,
  };
}

export const spanId = (trace: Trace, row: number): string => trace.spanIds[row] ?? '';
export const has = (trace: Trace, row: number, flag: number): boolean => ((trace.flags[row] ?? 0) & flag) !== 0;

/** The row of a span, -1 where it is not in the trace. */
export const rowOf = (trace: Trace, id: string): number => (id === '' ? -1 : (trace.rows().get(id) ?? -1));

/** Depth-first order without recursion: a trace may be as deep as it is long. Breaks cycles at their earliest span. */
function orderTree(
  parent: Int32Array,
  start: Float64Array,
  flags: Uint8Array,
): Pick<Trace, 'order' | 'position' | 'depth' | 'descendants'> {
  const count = parent.length;
  const byStart = rowsByStart(start);
  const firstChild = new Int32Array(count).fill(-1);
  const nextSibling = new Int32Array(count).fill(-1);
  for (let i = count - 1; i >= 0; i--) {
    const row = byStart[i] ?? 0;
    const above = parent[row] ?? -1;
    if (above < 0) continue;
    nextSibling[row] = firstChild[above] ?? -1;
    firstChild[above] = row;
  }
  const order = new Int32Array(count);
  const position = new Int32Array(count).fill(-1);
  const depth = new Int32Array(count);
  const descendants = new Int32Array(count);
  let placed = 0;
  const place = (root: number) => {
    let row = root;
    while (row >= 0) {
      position[row] = placed;
      order[placed++] = row;
      depth[row] = row === root ? 0 : (depth[parent[row] ?? 0] ?? 0) + 1;
      let next = unplaced(firstChild[row] ?? -1);
      while (next < 0 && row !== root) {
        next = unplaced(nextSibling[row] ?? -1);
        if (next < 0) row = parent[row] ?? root;
      }
      row = next;
    }
  };
  const unplaced = (row: number): number => {
    let one = row;
    while (one >= 0 && (position[one] ?? -1) >= 0) one = nextSibling[one] ?? -1;
    return one;
  };
  for (const row of byStart) if ((parent[row] ?? -1) < 0) place(row);
  for (const row of byStart) {
    if ((position[row] ?? -1) >= 0) continue;
    flags[row] = (flags[row] ?? 0) | FLAGS.cycle;
    parent[row] = -1;
    place(row);
  }
  for (let i = count - 1; i >= 0; i--) {
    const row = order[i] ?? 0;
    const above = parent[row] ?? -1;
    if (above >= 0) descendants[above] = (descendants[above] ?? 0) + (descendants[row] ?? 0) + 1;
  }
  return { order, position, depth, descendants };
}

/** As the server answers they are in that order already, and sorting a large trace takes longer than all else here. */
function rowsByStart(start: Float64Array): Int32Array {
  const rows = new Int32Array(start.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  const sorted = start.every((ms, row) => row === 0 || (start[row - 1] ?? 0) <= ms);
  return sorted ? rows : rows.sort((a, b) => (start[a] ?? 0) - (start[b] ?? 0));
}
