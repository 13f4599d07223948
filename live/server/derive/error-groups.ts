/** Error log lines by service, exception type and message without its numbers and ids. */
import { createHash } from 'node:crypto';
import { idText } from '../otlp/values.ts';
import type { LOG_COLUMNS } from '../store/columns.ts';
import type { Committed } from '../store/ring.ts';
import { LogText, logTimeMs } from './log-text.ts';
import { Counter } from './series.ts';

export interface ErrorGroup {
  id: string;
  service: string;
  type: string;
  template: string;
  count: number;
  firstMs: number;
  lastMs: number;
  sample: { body: string; traceId: string; spanId: string };
}

const MAX_GROUPS = 500;
const MAX_TEMPLATE = 300;
const SEVERITY_ERROR = 17;
/** Characters of a group's sample: /api/logs has the whole. */
const MOST_SAMPLE = 2 ** 14;
/** Different lines of one second that are told apart: of one service, and in all. A flood of errors must not cost more than the rest. */
const MAX_OF_SERVICE = 1_000;
const MAX_TOLD_APART = 4_000;
/** Of a flood that is not told apart. */
const MORE_LINES = '(more error lines than are told apart)';
/** Lines of a batch that are known again by what they refer to. */
const MAX_KNOWN = 256;

type Said = Pick<ErrorGroup, 'type' | 'template'> & { body: string };

/** What is left of a message when what differs from line to line is taken out. Order matters: ids before the numbers in them. */
const VARIABLE: [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<uuid>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '<hex>'],
  [/\d+(?:[.,:]\d+)*/g, '<n>'],
];

export function templateOf(message: string): string {
  let template = message.slice(0, MAX_TEMPLATE);
  for (const [pattern, word] of VARIABLE) template = template.replace(pattern, word);
  return template;
}

export class ErrorGroups {
  /** In the order of the last line: the first is the one to forget. */
  private readonly groups = new Map<string, ErrorGroup>();
  private latestName = '';
  private readonly toldApart = new Counter();

  /** Looks at rows [from, to) for errors. @param second now @param toldApart of their service */
  addAll({ block, from, to }: Committed<typeof LOG_COLUMNS>, second: number, toldApart: Counter): void {
    const { columns, service } = block;
    const text = new LogText(block);
    const known = new Map<string, Said>();
    for (let row = from; row < to; row++) {
      if ((columns.severity[row] as number) < SEVERITY_ERROR) continue;
      const name = text.reference(row);
      const said = known.get(name) ?? this.read(text, row, second, toldApart);
      if (name !== '' && known.size < MAX_KNOWN) known.set(name, said);
      this.add(service, said, logTimeMs(block, row), idText(columns.trace, row, 4), idText(columns.span, row, 2));
    }
  }

  private read(text: LogText, row: number, second: number, toldApart: Counter): Said {
    if (toldApart.add(second, 1) > MAX_OF_SERVICE || this.toldApart.add(second, 1) > MAX_TOLD_APART) {
      return { type: '', template: MORE_LINES, body: MORE_LINES };
    }
    const body = text.of(row, MOST_SAMPLE);
    return { type: text.exceptionType(row) || text.eventName(row), template: templateOf(body), body };
  }

  private add(service: string, { type, template, body }: Said, timeMs: number, traceId: string, spanId: string): void {
    const name = `${service}\n${type}\n${template}`;
    let group = this.groups.get(name);
    if (group === undefined) {
      const id = createHash('sha256').update(name).digest('hex').slice(0, 16);
      const sample = { body, traceId, spanId };
      group = { id, service, type, template, count: 0, firstMs: timeMs, lastMs: timeMs, sample };
    }
    group.count++;
    group.firstMs = Math.min(group.firstMs, timeMs);
    group.lastMs = Math.max(group.lastMs, timeMs);
    // The latest line with a trace is the most use.
    if (traceId !== '' || group.sample.traceId === '') group.sample = { body, traceId, spanId };
    if (this.latestName === name) return;
    this.latestName = name;
    this.groups.delete(name);
    this.groups.set(name, group);
    if (this.groups.size > MAX_GROUPS) this.groups.delete(this.groups.keys().next().value ?? '');
  }

  /** The latest first. */
  latest(service?: string): ErrorGroup[] {
    const all = [...this.groups.values()].reverse();
    return service === undefined || service === '' ? all : all.filter((group) => group.service === service);
  }
}
