/** Plans that auto_explain wrote, by statement and shape: each node with what was expected of it and what it did. */
import { EVENTS } from '../../../database/names.ts';
import type { Live } from '../receive/live.ts';
import type { Steps } from '../store/slices.ts';
import { type Event, eventSteps, type Interval, KEYS } from './database.ts';

/** Nodes of a plan that are told: what is deeper or later is left out, and said to be. */
const MOST_NODES = 200;

export interface PlanNode {
  depth: number;
  /** As PostgreSQL calls it: Seq Scan, Hash Join. */
  type: string;
  /** The table or index that it reads; '' for none. */
  on: string;
  /** What it filters, joins or sorts by. */
  condition: string;
  /** Rows of one run. */
  estimatedRows: number;
  /** Of one run, on average; null where the server did not count. */
  actualRows: number | null;
  removedRows: number;
  runs: number | null;
  cost: number;
  /** In this node alone, all its runs together; null where the server did not take the time. */
  selfMs: number | null;
  /** The one node that costs most: by time, else by the rows that it handled, else by the planner's own cost. */
  expensive: boolean;
}

export interface Plan {
  queryId: string;
  text: string;
  database: string;
  /** How often a plan of this shape was written. */
  seen: number;
  firstMs: number;
  lastMs: number;
  /** Of the slowest of them, which is the one that is shown. */
  durationMs: number;
  traceId: string;
  spanId: string;
  nodes: PlanNode[];
  truncated: boolean;
}

type Json = Record<string, unknown>;
const text = (value: unknown): string => (typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const CONDITIONS = ['Index Cond', 'Recheck Cond', 'Hash Cond', 'Merge Cond', 'Join Filter', 'Filter', 'Sort Key', 'Group Key'];

/** @returns undefined for what is no plan */
function readPlan(json: string): { nodes: PlanNode[]; truncated: boolean; shape: string } | undefined {
  let root: Json;
  try {
    root = JSON.parse(json) as Json;
  } catch {
    return undefined;
  }
  if (typeof root?.['Node Type'] !== 'string') return undefined;
  const nodes: (PlanNode & { work: number })[] = [];
  let truncated = false;
  const visit = (node: Json, depth: number): void => {
    if (nodes.length >= MOST_NODES) {
      truncated = true;
      return;
    }
    const children = (Array.isArray(node.Plans) ? node.Plans : []) as Json[];
    nodes.push(describe(node, children, depth));
    for (const child of children) visit(child, depth + 1);
  };
  visit(root, 0);
  const dearest = nodes.reduce((most, one) => (one.work > most.work ? one : most));
  for (const node of nodes) node.expensive = node === dearest;
  const shape = JSON.stringify(nodes.map(({ depth, type, on }) => [depth, type, on]));
  return { nodes: nodes.map(({ work, ...node }) => node), truncated, shape };
}

function describe(node: Json, children: readonly Json[], depth: number): PlanNode & { work: number } {
  const counted = typeof node['Actual Rows'] === 'number';
  const runs = counted ? number(node['Actual Loops']) : null;
  const removed = number(node['Rows Removed by Filter']) + number(node['Rows Removed by Join Filter']);
  const timed = typeof node['Actual Total Time'] === 'number';
  const all = (of: Json): number => number(of['Actual Total Time']) * Math.max(1, number(of['Actual Loops']));
  const selfMs = timed ? Math.max(0, all(node) - children.reduce((sum, one) => sum + all(one), 0)) : null;
  const cost = number(node['Total Cost']);
  const rows = (of: Json): number => number(of['Actual Rows']) * Math.max(1, number(of['Actual Loops']));
  const handled = rows(node) + removed * (runs ?? 1) + children.reduce((sum, one) => sum + rows(one), 0);
  const selfCost = Math.max(0, cost - children.reduce((sum, one) => sum + number(one['Total Cost']), 0));
  const [index, table] = [text(node['Index Name']), text(node['Relation Name'])];
  return {
    depth,
    type: text(node['Node Type']),
    on: index && table ? `${table} by ${index}` : index || table,
    condition: CONDITIONS.map((key) => (text(node[key]) ? `${key}: ${text(node[key])}` : ''))
      .filter(Boolean)
      .join('; '),
    estimatedRows: number(node['Plan Rows']),
    actualRows: counted ? number(node['Actual Rows']) : null,
    removedRows: removed,
    runs,
    cost,
    selfMs,
    expensive: false,
    work: selfMs ?? (counted ? handled : selfCost),
  };
}

/** Those of one statement where `wanted` says so; the newest first. */
export function* planSteps(live: Live, interval: Interval, wanted?: (event: Event) => boolean): Steps<Plan[]> {
  const plans = new Map<string, Plan>();
  for (const event of yield* eventSteps(live, EVENTS.plan, KEYS.plan, interval, wanted)) {
    yield;
    const read = readPlan(event.text(KEYS.plan));
    if (read === undefined) continue;
    const { nodes, truncated, shape } = read;
    const queryId = event.text(KEYS.queryId);
    const key = `${queryId || event.text(KEYS.fingerprint)}\n${shape}`;
    const durationMs = event.number(KEYS.running) * 1000;
    const known = plans.get(key);
    if (known !== undefined) {
      known.seen++;
      known.lastMs = event.timeMs;
      if (durationMs < known.durationMs) continue;
      Object.assign(known, { durationMs, nodes, truncated, traceId: event.traceId, spanId: event.spanId });
      continue;
    }
    plans.set(key, {
      queryId,
      text: event.text(KEYS.text),
      database: event.text(KEYS.database),
      seen: 1,
      firstMs: event.timeMs,
      lastMs: event.timeMs,
      durationMs,
      traceId: event.traceId,
      spanId: event.spanId,
      nodes,
      truncated,
    });
  }
  return [...plans.values()].sort((a, b) => b.lastMs - a.lastMs);
}
