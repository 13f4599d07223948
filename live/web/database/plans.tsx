/** Plans of a statement: each node with what was expected of it and what it did, the dearest marked. */
import type { Plan } from '../api/database-types.ts';
import { compact, counted, duration } from '../format/number.ts';
import { clockTime } from '../format/time.ts';
import { DataTable } from '../shell/data-table.tsx';
import { useNavigation } from '../shell/navigation.tsx';
import { TraceLink } from './statement-link.tsx';

/** A planner that is wrong by so much chooses other plans than it would. */
const FAR_OFF = 10;

const COLUMNS = {
  Node: '',
  'Rows expected': 'n',
  'Rows found': 'n',
  Runs: 'n',
  'Rows removed': 'n',
  Time: 'n',
  Cost: 'n',
} as const;

export function Plans({ plans }: { plans: Plan[] }) {
  const { zone } = useNavigation();
  return (
    <section className="panel" aria-labelledby="plans-title">
      <h2 id="plans-title">
        Plans <span className="hint">as the server wrote them of slow calls</span>
      </h2>
      {plans.length === 0 && <p className="hint">None was written: no call was slow enough, or auto_explain is not loaded.</p>}
      {plans.map((plan) => (
        <div key={`${plan.firstMs} ${plan.nodes.length}`}>
          <p>
            {duration(plan.durationMs)} in the slowest of {counted(plan.seen, 'time')}, last seen{' '}
            {clockTime(plan.lastMs, zone).slice(0, 8)}{' '}
            <TraceLink traceId={plan.traceId} spanId={plan.spanId} label="trace of the slowest" />
          </p>
          <DataTable label="Plan" columns={COLUMNS}>
            <tbody>
              {plan.nodes.map((node, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: nodes have no identity; a plan's do not change
                <tr key={i} className={node.expensive ? 'strong dearest' : ''}>
                  <td>
                    <span style={{ paddingLeft: `${node.depth * 16}px` }}>
                      {node.depth > 0 && <span aria-hidden="true">↳ </span>}
                      {node.type} {node.on && `on ${node.on}`} {node.expensive && <span className="tag warn">costs most</span>}
                    </span>
                    {node.condition && (
                      <span className="plan-condition" style={{ paddingLeft: `${node.depth * 16 + 14}px` }}>
                        {node.condition}
                      </span>
                    )}
                  </td>
                  <td className="n">{compact(node.estimatedRows)}</td>
                  <td className="n">
                    {compact(node.actualRows)} <Off expected={node.estimatedRows} found={node.actualRows} />
                  </td>
                  <td className="n">{compact(node.runs)}</td>
                  <td className="n">{compact(node.removedRows)}</td>
                  <td className="n">{duration(node.selfMs)}</td>
                  <td className="n">{compact(node.cost)}</td>
                </tr>
              ))}
            </tbody>
          </DataTable>
          {plan.truncated && <p className="hint">The plan has more nodes: the first {plan.nodes.length} are shown.</p>}
        </div>
      ))}
      {plans.some(({ nodes }) => nodes.every(({ selfMs }) => selfMs === null)) && (
        <p className="hint">
          Without auto_explain.log_timing no node has a time of its own: the one that handles most rows is marked.
        </p>
      )}
    </section>
  );
}

/** By how many times the planner was wrong, where that is far. Less than one row counts as one: none was expected to be none. */
function Off({ expected, found }: { expected: number; found: number | null }) {
  if (found === null) return null;
  const [a, b] = [Math.max(1, expected), Math.max(1, found)];
  const off = Math.max(a / b, b / a);
  return off < FAR_OFF ? null : (
    <span className="tag warn">
      ×{compact(off)} {found > expected ? 'more' : 'fewer'}
    </span>
  );
}
