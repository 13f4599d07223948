import { LABELS } from '../../telemetry/signals.ts';
import { COMPONENT_METRICS } from './component-metrics.ts';

const { residentMemory, collectorMemory, jaegerMemory, liveMemory, goMemory, goReleased } = COMPONENT_METRICS;

/**
 * What a process holds, by scrape job, against `mem_limit` of docker-compose.yml in MiB (a test compares the two). There is no other way to ask:
 * the kernel's own count is in the container, and who could read it from outside could do anything on the host.
 */
export const MEMORY: readonly { job: string; metric: string; less?: string; limit: number }[] = [
  { job: 'shop', metric: residentMemory, limit: 256 },
  { job: 'collector', metric: collectorMemory, limit: 256 },
  { job: 'live', metric: liveMemory, limit: 512 },
  { job: 'jaeger', metric: jaegerMemory, limit: 640 },
  // What Go holds: of their resident memory a large part is the executable's own pages, which the kernel can drop.
  { job: 'prometheus', metric: goMemory, less: goReleased, limit: 256 },
  { job: 'alertmanager', metric: goMemory, less: goReleased, limit: 64 },
  { job: 'loki', metric: residentMemory, limit: 256 },
  { job: 'prober', metric: residentMemory, limit: 128 },
];

/** The share of its limit that each component's memory is at, by the label `component`. */
export function memoryShare(): string {
  const shares = MEMORY.map(({ job, metric, less, limit }) => {
    const of = (name: string) => `${name}{job="${job}"}`;
    const held = less ? `(${of(metric)} - ${of(less)})` : of(metric);
    const name = job === 'shop' ? `"$1", "${LABELS.service}", "(.*)"` : `"${job}", "", ""`;
    return `label_replace(${held}, "component", ${name}) / ${limit * 2 ** 20}`;
  });
  return `max by (component) (${shares.join(' or ')})`;
}
