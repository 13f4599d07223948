/** Sessions over time, by what they waited for: the active-session history. */
import type { SessionHistory } from '../api/database-types.ts';
import type { Palette } from '../shell/theme.ts';

/** A custom property of colors.css for each of PostgreSQL's wait event types; what is new there gets the last one. */
const COLORS: Record<string, string> = {
  CPU: 'hue-4',
  IO: 'hue-0',
  Lock: 'error',
  LWLock: 'hue-3',
  IPC: 'hue-1',
  Timeout: 'hue-2',
  BufferPin: 'hue-5',
  Extension: 'hue-6',
  'idle in transaction': 'faint',
};
const OTHER = 'hue-10';

export const waitColor = (group: string): string => COLORS[group.replace(/ \(aborted\)$/, '')] ?? OTHER;

const ofPalette = (palette: Palette, color: string): string => {
  const [, hue] = /^hue-(\d+)$/.exec(color) ?? [];
  return (hue === undefined ? palette[color as 'error' | 'faint'] : palette.hues[Number(hue)]) ?? palette.text;
};

/** What a session is counted under: an active one by what it waits for, any other by its state. */
export const groupOf = ({ state, waitEventType }: { state: string; waitEventType: string }): string =>
  state === 'active' || state === 'background' || state === '' ? waitEventType : state;

export interface Group {
  name: string;
  color: string;
  /** Sessions on average of each stretch; 0 where no sample was taken. */
  values: number[];
  /** Of all samples. */
  mean: number;
  most: number;
  /** Wait events of the group, the most frequent first. */
  events: string[];
}

/** Those with most sessions first, which are drawn at the bottom. */
export function groupsOf({ series, timesMs }: Pick<SessionHistory, 'series' | 'timesMs'>): Group[] {
  const groups = new Map<string, Group & { sums: Map<string, number> }>();
  for (const one of series) {
    const name = groupOf(one);
    const group = groups.get(name) ?? {
      ...{ name, color: waitColor(name), values: new Array<number>(timesMs.length).fill(0), mean: 0, most: 0, events: [] },
      sums: new Map<string, number>(),
    };
    groups.set(name, group);
    let sum = 0;
    one.values.forEach((value, i) => {
      group.values[i] = (group.values[i] ?? 0) + (value ?? 0);
      sum += value ?? 0;
    });
    if (one.waitEvent) group.sums.set(one.waitEvent, (group.sums.get(one.waitEvent) ?? 0) + sum);
  }
  const taken = timesMs.filter((_, i) => series.some(({ values }) => values[i] !== null)).length || 1;
  return [...groups.values()]
    .map(({ sums, ...group }) => ({
      ...group,
      mean: group.values.reduce((all, value) => all + value, 0) / taken,
      most: Math.max(0, ...group.values),
      events: [...sums].sort(([, a], [, b]) => b - a).map(([event]) => event),
    }))
    .sort((a, b) => b.mean - a.mean);
}

/** Stacked, one bar for each stretch between both moments. */
export function paintHistory(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  palette: Palette,
  {
    groups,
    timesMs,
    stepMs,
    fromMs,
    toMs,
  }: { groups: Group[]; fromMs: number; toMs: number } & Pick<SessionHistory, 'timesMs' | 'stepMs'>,
): void {
  const total = timesMs.map((_, i) => groups.reduce((sum, { values }) => sum + (values[i] ?? 0), 0));
  const most = Math.max(1, ...total);
  const x = (ms: number) => ((ms - fromMs) / (toMs - fromMs || 1)) * width;
  const tall = (value: number) => (value / most) * (height - TOP);
  const wide = Math.max(1, x(fromMs + stepMs) - 0.5);
  const below = new Float64Array(timesMs.length);
  for (const { values, color } of groups) {
    context.fillStyle = ofPalette(palette, color);
    timesMs.forEach((ms, i) => {
      const value = values[i] ?? 0;
      const left = x(ms);
      if (value === 0 || left + wide < 0 || left > width) return;
      const [bottom, top] = [tall(below[i] ?? 0), tall((below[i] ?? 0) + value)];
      context.fillRect(left, height - top, wide, Math.max(1, top - bottom));
      below[i] = (below[i] ?? 0) + value;
    });
  }
  context.fillStyle = palette.line;
  context.fillRect(0, height - 1, width, 1);
  context.fillRect(0, TOP, width, 1);
  context.font = `11px ${palette.font}`;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  context.fillStyle = palette.muted;
  context.fillText(`${Number(most.toPrecision(2))} ${most === 1 ? 'session' : 'sessions'}`, 2, 1);
}

const TOP = 16;
