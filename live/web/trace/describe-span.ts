import { counted, duration } from '../format/number.ts';
import { FLAGS, has, type Trace } from './trace-model.ts';

/** One line on a span for those who do not see its bar. */
export function describeSpan(trace: Trace, row: number): string {
  const below = trace.descendants[row] ?? 0;
  return [
    `${trace.services[trace.service[row] ?? 0] ?? ''} ${trace.operations[trace.operation[row] ?? 0] ?? ''}`,
    `${duration(trace.duration[row] ?? 0)} from ${duration(trace.start[row] ?? 0)}`,
    has(trace, row, FLAGS.error) && 'failed',
    has(trace, row, FLAGS.orphan) && 'its parent is not held',
    has(trace, row, FLAGS.cycle) && 'it is its own ancestor',
    has(trace, row, FLAGS.skewed) && `its clock is off by ${duration(-(trace.shift[row] ?? 0))}`,
    below > 0 && `${counted(below, 'span')} below`,
  ]
    .filter(Boolean)
    .join(', ');
}
