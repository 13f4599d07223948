import { describe, expect, it } from 'vitest';
import { EDGES } from '../../../telemetry/signals.ts';
import { layoutMap, type MapSize } from './map-layout.ts';

const SIZE: MapSize = { width: 800, height: 400, nodeWidth: 120, nodeHeight: 48 };
const SHOP = [['user', 'storefront'] as const, ...EDGES];
const NAMES = [...new Set(SHOP.flat())];

function positions(size: MapSize, edges: readonly (readonly [string, string])[] = SHOP, names: readonly string[] = NAMES) {
  const { nodes } = layoutMap(names, edges, size);
  return new Map(nodes.map((node) => [node.id, node]));
}

describe('the service map', () => {
  it.each([
    ['at its left', SIZE, 'x'],
    ['above it where there is no room beside it', { ...SIZE, width: 340 }, 'y'],
  ] as const)('puts what calls another %s', (_, size, main) => {
    const at = positions(size);
    for (const [from, to] of SHOP) expect(at.get(from)?.[main], `${from} before ${to}`).toBeLessThan(at.get(to)?.[main] ?? 0);
  });

  it('asks for the height it needs, and keeps to it', () => {
    const many = Array.from({ length: 9 }, (_, i) => `service-${i}`);
    const size = { ...SIZE, width: 340, height: 100 };
    const { nodes, neededHeight, vertical } = layoutMap(many, [], size);
    expect(vertical).toBe(false);
    expect(neededHeight).toBeGreaterThanOrEqual(9 * 48);
    expect(Math.max(...nodes.map(({ y }) => y))).toBeLessThanOrEqual(neededHeight - 24);
    const star = layoutMap([...many, 'hub'], [...many.map((id) => ['hub', id] as const), [many[0] ?? '', 'last']], size);
    for (const { x } of star.nodes) expect(x >= 60 && x <= 280).toBe(true);
  });

  it('keeps nodes inside and apart', () => {
    const placed = [...positions(SIZE).values()];
    for (const a of placed) {
      expect(a.x).toBeGreaterThanOrEqual(60);
      expect(a.x).toBeLessThanOrEqual(740);
      for (const b of placed) {
        if (a !== b) expect(Math.abs(a.x - b.x) >= 120 || Math.abs(a.y - b.y) >= 48, `${a.id} over ${b.id}`).toBe(true);
      }
    }
  });

  it('leads long edges past the nodes between, from rim to rim', () => {
    const { edges, nodes } = layoutMap(NAMES, SHOP, SIZE);
    const long = edges.find(({ from, to }) => from === 'storefront' && to === 'inventory');
    const orders = nodes.find(({ id }) => id === 'orders');
    const storefront = nodes.find(({ id }) => id === 'storefront');
    expect(long?.points).toHaveLength(6);
    expect(long?.points[0]).toBe((storefront?.x ?? 0) + 60);
    expect(Math.abs((long?.points[3] ?? 0) - (orders?.y ?? 0))).toBeGreaterThan(24);
  });

  it('ends for cycles, calls to oneself and edges to the unknown', () => {
    const edges = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['a', 'a'],
      ['a', 'ghost'],
    ] as const;
    const { nodes, edges: drawn } = layoutMap(['a', 'b', 'c'], edges, SIZE);
    expect(nodes).toHaveLength(3);
    expect(drawn.map(({ from, to }) => from + to)).toEqual(['ab', 'bc', 'ca']);
    expect(nodes.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
  });

  it('is the same for the same graph, whatever order it came in', () => {
    expect(positions(SIZE, [...SHOP].reverse(), [...NAMES].reverse())).toEqual(positions(SIZE));
  });

  it('is empty for no nodes', () => expect(layoutMap([], [], SIZE)).toMatchObject({ nodes: [], edges: [] }));
});
