/** Who calls whom, and what flows: nodes are buttons, edges a canvas, and the same as a table for those who do not see it. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { compact, duration, percent } from '../format/number.ts';
import { Canvas, type Painter } from '../shell/canvas.tsx';
import { flowTime } from '../shell/motion.ts';
import { useNavigation, useParam } from '../shell/navigation.tsx';
import { serviceHue } from '../shell/service-name.tsx';
import { mapRows, text } from '../stream/table.ts';
import { cubics } from './curve.ts';
import { layoutMap } from './map-layout.ts';
import { type Flow, paintFlow } from './map-paint.ts';
import { useShownTable } from './shown-table.ts';

const LEAST_HEIGHT = 400;
const NODE = { nodeWidth: 108, nodeHeight: 44 };

export function ServiceMap({ window }: { window: number }) {
  const [selected, select] = useParam('service');
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(box);
  const request = { view: 'topology', window } as const;
  const { interval } = useNavigation();
  const nodeTable = useShownTable(request, 'nodes');
  const edgeTable = useShownTable(request, 'edges');
  const nodes = mapRows(nodeTable, (table, row) => ({
    id: text(table, table.columns.node, row),
    type: text(table, table.columns.type, row),
    rate: table.columns.rate[row] ?? 0,
    errorRate: table.columns.errorRate[row] ?? 0,
  }));
  const edges = mapRows(edgeTable, (table, row) => ({
    from: text(table, table.columns.client, row),
    to: text(table, table.columns.server, row),
    rate: table.columns.rate[row] ?? 0,
    errorRate: table.columns.errorRate[row] ?? 0,
    p99Ms: table.columns.p99Ms[row] ?? Number.NaN,
  }));
  const shape = JSON.stringify([nodes.map(({ id }) => id).sort(), edges.map(({ from, to }) => [from, to]).sort()]);
  const layout = useMemo(() => {
    const [ids, calls] = JSON.parse(shape) as [string[], [string, string][]];
    return layoutMap(ids, calls, { width, height, ...NODE });
  }, [shape, width, height]);
  const flows = edges.flatMap((edge): Flow[] => {
    const placed = layout.edges.find(({ from, to }) => from === edge.from && to === edge.to);
    const dimmed = selected !== '' && edge.from !== selected && edge.to !== selected;
    return placed ? [{ ...edge, curve: cubics(placed.points, layout.vertical), dimmed }] : [];
  });
  const boxes = layout.nodes.map(({ x, y }) => ({
    left: x - NODE.nodeWidth / 2,
    right: x + NODE.nodeWidth / 2,
    top: y - NODE.nodeHeight / 2,
    bottom: y + NODE.nodeHeight / 2,
  }));
  const latest = useRef({ flows, boxes });
  latest.current = { flows, boxes };
  const paint = useCallback<Painter>((context, right, bottom, palette, nowMs) => {
    const { flows: drawn, boxes: taken } = latest.current;
    paintFlow(context, drawn, taken, { left: 0, top: 0, right, bottom }, palette, flowTime(nowMs));
  }, []);

  return (
    <section className="panel map-panel" aria-labelledby="map-title">
      <h2 id="map-title">
        Service map <span className="hint">calls per second · p99 · {interval ? 'of the interval' : `last ${window} s`}</span>
      </h2>
      <div ref={box} className="map" style={{ minHeight: Math.max(LEAST_HEIGHT, layout.neededHeight) }}>
        <Canvas label="" className="map-canvas" paint={paint} live />
        {nodes.map(({ id, type, rate, errorRate }) => {
          const at = layout.nodes.find((node) => node.id === id);
          const state = errorRate >= 0.01 ? 'failing' : 'well';
          return (
            <button
              key={id}
              type="button"
              className={`node node-${type} node-${state}`}
              aria-pressed={selected === id}
              disabled={type !== 'service'}
              title={type === 'service' ? `Show only ${id}` : type}
              style={{ left: (at?.x ?? 0) - NODE.nodeWidth / 2, top: (at?.y ?? 0) - NODE.nodeHeight / 2 }}
              onClick={() => select(selected === id ? '' : id)}
            >
              <span className="node-name">
                {type === 'service' && <span className={`chip hue-${serviceHue(id)}`} aria-hidden="true" />}
                {id}
              </span>
              <span className="node-rate">
                {`${compact(Number(rate.toFixed(1)))}/s`}
                {errorRate > 0 && <em> {percent(errorRate)} err</em>}
              </span>
            </button>
          );
        })}
        {nodes.length === 0 && <p className="loading">No calls between services in the last {window} s.</p>}
      </div>
      <div className="unseen">
        <table>
          <caption>Calls between services</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Calls per second</th>
              <th scope="col">Errors</th>
              <th scope="col">p99</th>
            </tr>
          </thead>
          <tbody>
            {edges.map(({ from, to, rate, errorRate, p99Ms }) => (
              <tr key={`${from} ${to}`}>
                <td>{from}</td>
                <td>{to}</td>
                <td>{compact(rate)}</td>
                <td>{percent(errorRate)}</td>
                <td>{duration(p99Ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function useSize(box: React.RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [box]);
  return size;
}
