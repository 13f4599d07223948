/** Error log lines by service, exception type and message without its numbers and ids. */
import { createHash } from 'node:crypto';

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

  add(service: string, type: string, timeMs: number, sample: ErrorGroup['sample']): void {
    const template = templateOf(sample.body);
    const name = `${service}\n${type}\n${template}`;
    let group = this.groups.get(name);
    if (group === undefined) {
      const id = createHash('sha256').update(name).digest('hex').slice(0, 16);
      group = { id, service, type, template, count: 0, firstMs: timeMs, lastMs: timeMs, sample };
    }
    group.count++;
    group.firstMs = Math.min(group.firstMs, timeMs);
    group.lastMs = Math.max(group.lastMs, timeMs);
    // The latest line with a trace is the most use.
    if (sample.traceId !== '' || group.sample.traceId === '') group.sample = sample;
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
