import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

/** A series as Prometheus names it; `value` is what it had when it was looked at. */
export interface Seen {
  labels: Record<string, string>;
  value: number;
}

/** Unix seconds: from `from` until before `to`, a sample every `step`. */
export interface Stretch {
  from: number;
  to: number;
  step: number;
}

const COUNTER = /_(total|count|sum|bucket)$/;

/**
 * Writes samples of these series in OpenMetrics' text into `folder`, one file for each `perFile` seconds: promtool reads a file once for every block
 * that it holds. Counters climb at a pace of their own, buckets of a histogram the faster the higher their bound, gauges swing about what they were.
 */
export async function writeHistory(
  folder: string,
  series: readonly Seen[],
  { from, to, step }: Stretch,
  perFile: number,
): Promise<void> {
  for (let start = from; start < to; start += perFile) {
    const file = createWriteStream(join(folder, `${start}-${step}.txt`));
    for (const one of series) {
      const name = nameOf(one.labels);
      const value = course(one);
      let lines = '';
      for (let time = start; time < Math.min(start + perFile, to); time += step)
        lines += `${name} ${value(time - from)} ${time}\n`;
      if (!file.write(lines)) await once(file, 'drain');
    }
    file.end('# EOF\n');
    await once(file, 'finish');
  }
}

function nameOf({ __name__ = '', ...labels }: Record<string, string>): string {
  const text = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${__name__}{${text.join(',')}}`;
}

/** The value after so many seconds; the same for the same series, so that a run can be repeated. */
function course({ labels, value }: Seen): (seconds: number) => number {
  const { le, __name__ = '' } = labels;
  const shaken = (seconds: number) => ((Math.imul(seconds + 1, 2_654_435_761) >>> 8) % 1000) / 1000;
  if (!COUNTER.test(__name__)) return (seconds) => Number((value * (0.9 + 0.2 * shaken(seconds))).toPrecision(6));
  // Two of a histogram must not cross: all of them are shaken alike.
  const pace = le === undefined || le === '+Inf' ? 2 : 2 * (1 - Math.exp(-4 * Number(le)));
  return (seconds) => Number((pace * (seconds + shaken(seconds))).toFixed(3));
}
