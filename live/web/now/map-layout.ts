/**
 * Places a service graph in layers, callers before callees (Sugiyama: break cycles, rank by longest path, dummy nodes for long edges, order by
 * barycentres). Plain geometry: no drawing here.
 */

export interface MapSize {
  width: number;
  height: number;
  nodeWidth: number;
  nodeHeight: number;
}

export interface MapLayout {
  nodes: MapNode[];
  edges: MapEdge[];
  /** Callers are on top instead of at the left: there was no room for all layers side by side. */
  vertical: boolean;
  /** The least height at which nothing overlaps. */
  neededHeight: number;
}
interface MapNode {
  id: string;
  /** Centre, pixels. */
  x: number;
  y: number;
}
interface MapEdge {
  from: string;
  to: string;
  /** Points the edge runs through, the first on the caller's rim and the last on the callee's: x, y alternating. */
  points: number[];
}

const SWEEPS = 6;

/** Between two layers there must be room for edges, and between two nodes of a layer for the eye. */
const LAYER_GAP = 40;
const NODE_GAP = 12;

/** Edges to or from nodes that are not listed are left out, as are a node's calls to itself. */
export function layoutMap(nodes: readonly string[], edges: readonly (readonly [string, string])[], size: MapSize): MapLayout {
  const known = new Set(nodes);
  const ids = [...known].sort();
  const calls = edges.filter(([from, to]) => from !== to && known.has(from) && known.has(to));
  const ranks = rankNodes(ids, calls);
  const { layers, chains } = fillLayers(ids, calls, ranks);
  orderLayers(layers, chains);
  const { width, nodeWidth, nodeHeight } = size;
  const vertical = layers.length * (nodeWidth + LAYER_GAP) - LAYER_GAP > width;
  const rows = vertical ? wrapLayers(layers, Math.max(1, Math.floor((width + NODE_GAP) / (nodeWidth + NODE_GAP)))) : layers;
  const longest = Math.max(0, ...layers.map((layer) => layer.length));
  const neededHeight = vertical ? rows.length * (nodeHeight + LAYER_GAP) - LAYER_GAP : longest * (nodeHeight + NODE_GAP);
  const oriented = { ...size, height: Math.max(size.height, neededHeight), vertical };
  const at = placeLayers(rows, oriented);
  const centre = (id: string) => at.get(id) ?? { x: 0, y: 0 };
  return {
    nodes: ids.map((id) => ({ id, ...centre(id) })),
    edges: chains.map(({ from, to, through }) => ({ from, to, points: route([from, ...through, to].map(centre), oriented) })),
    vertical,
    neededHeight,
  };
}

/** Longest distance from a node nobody calls; edges that close a cycle do not count. */
function rankNodes(ids: readonly string[], calls: readonly (readonly [string, string])[]): Map<string, number> {
  const callees = groupBy(calls);
  const called = new Set(calls.map(([, to]) => to));
  const rank = new Map<string, number>();
  const onPath = new Set<string>();
  const visit = (id: string, depth: number) => {
    if (onPath.has(id) || (rank.get(id) ?? -1) >= depth) return;
    rank.set(id, depth);
    onPath.add(id);
    for (const next of callees.get(id) ?? []) visit(next, depth + 1);
    onPath.delete(id);
  };
  for (const id of ids) if (!called.has(id)) visit(id, 0);
  // What is left belongs to cycles that nobody outside calls.
  for (const id of ids) if (!rank.has(id)) visit(id, 0);
  return rank;
}

interface Chain {
  from: string;
  to: string;
  through: string[];
}

function fillLayers(ids: readonly string[], calls: readonly (readonly [string, string])[], ranks: ReadonlyMap<string, number>) {
  const layers: string[][] = Array.from({ length: Math.max(0, ...ranks.values()) + 1 }, () => []);
  for (const id of ids) layers[ranks.get(id) ?? 0]?.push(id);
  const chains: Chain[] = calls.map(([from, to]) => {
    const [a, b] = [ranks.get(from) ?? 0, ranks.get(to) ?? 0];
    const step = Math.sign(b - a);
    const through: string[] = [];
    for (let rank = a + step; step !== 0 && rank !== b; rank += step) {
      const dummy = `${from}\u0000${to}\u0000${rank}`;
      layers[rank]?.push(dummy);
      through.push(dummy);
    }
    return { from, to, through };
  });
  return { layers, chains };
}

function orderLayers(layers: string[][], chains: readonly Chain[]): void {
  const neighbours = groupBy(
    chains.flatMap(({ from, to, through }) => {
      const steps = [from, ...through, to];
      return steps.slice(1).flatMap((id, i): [string, string][] => [
        [id, steps[i] ?? ''],
        [steps[i] ?? '', id],
      ]);
    }),
  );
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const indices = sweep % 2 === 0 ? layers.keys() : [...layers.keys()].reverse();
    for (const i of indices) {
      const beside = new Map<string, number>();
      for (const layer of [layers[i - 1], layers[i + 1]]) {
        for (const [at, id] of layer?.entries() ?? []) beside.set(id, (at + 0.5) / (layer?.length ?? 1));
      }
      const weight = new Map(
        layers[i]?.map((id, at) => [id, barycentre(neighbours.get(id) ?? [], beside) ?? (at + 0.5) / (layers[i]?.length ?? 1)]),
      );
      layers[i]?.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
    }
  }
}

function barycentre(ids: readonly string[], at: ReadonlyMap<string, number>): number | undefined {
  const found = ids.map((id) => at.get(id)).filter((one) => one !== undefined);
  return found.length === 0 ? undefined : found.reduce((sum, one) => sum + one, 0) / found.length;
}

/** Layers with more nodes than fit side by side become several rows. */
function wrapLayers(layers: readonly string[][], most: number): string[][] {
  return layers.flatMap((layer) => {
    const rows = Array.from({ length: Math.ceil(layer.length / most) }, (_, i) => layer.slice(i * most, (i + 1) * most));
    return rows.length > 0 ? rows : [[]];
  });
}

type OrientedSize = MapSize & { vertical: boolean };

function placeLayers(
  layers: readonly string[][],
  { width, height, nodeWidth, nodeHeight, vertical }: OrientedSize,
): Map<string, { x: number; y: number }> {
  const at = new Map<string, { x: number; y: number }>();
  const [along, across] = vertical ? [height - nodeHeight, width] : [width - nodeWidth, height];
  layers.forEach((layer, rank) => {
    const main = (vertical ? nodeHeight : nodeWidth) / 2 + (layers.length > 1 ? (along * rank) / (layers.length - 1) : along / 2);
    layer.forEach((id, i) => {
      const cross = (across * (i + 0.5)) / layer.length;
      at.set(id, vertical ? { x: cross, y: main } : { x: main, y: cross });
    });
  });
  return at;
}

/** From rim to rim: the first and the last point move from the nodes' centres to the sides that face each other. */
function route(centres: { x: number; y: number }[], { nodeWidth, nodeHeight, vertical }: OrientedSize): number[] {
  const half = (vertical ? nodeHeight : nodeWidth) / 2;
  const main = vertical ? 'y' : 'x';
  const [first, second] = [centres[0], centres[1]];
  const [last, before] = [centres[centres.length - 1], centres[centres.length - 2]];
  if (first && second && last && before) {
    centres[0] = { ...first, [main]: first[main] + half * Math.sign(second[main] - first[main]) };
    centres[centres.length - 1] = { ...last, [main]: last[main] + half * Math.sign(before[main] - last[main]) };
  }
  return centres.flatMap(({ x, y }) => [x, y]);
}

function groupBy(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, value] of pairs) groups.set(key, [...(groups.get(key) ?? []), value]);
  return groups;
}
