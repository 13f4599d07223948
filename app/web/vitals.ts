/** Web Vitals as spans at the moment each value was reached, in the trace of the page's load or of the click that it belongs to. */
import type { Context, Tracer } from '@opentelemetry/api';
import { type MetricType, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';
import { ATTRIBUTES, type Vital, vitalSpan } from '../../telemetry/signals.ts';

/** Milliseconds: a span without any duration is a fault of clocks to Jaeger. */
const MOMENT = 0.01;

const CLICKS_KEPT = 50;
const clicks: { at: number; context: Context }[] = [];

/** A click began `at` (milliseconds since the page's time origin): the slowest interaction may turn out to be this one. */
export function rememberClick(at: number, context: Context): void {
  clicks.push({ at, context });
  if (clicks.length > CLICKS_KEPT) clicks.shift();
}

/** Reports each vital once it is final: some as the page shows, the others when it is left. `load` is the context of the page's load. */
export function watchVitals(tracer: Tracer, load: Context): void {
  const report = ({ name, value, rating, entries }: MetricType) => {
    const vital = name.toLowerCase() as Vital;
    const { at, parent } = placeOf(vital, value, entries.at(-1)?.startTime ?? 0, load);
    const time = performance.timeOrigin + at;
    const attributes = { [ATTRIBUTES.vital]: vital, [ATTRIBUTES.vitalValue]: value, [ATTRIBUTES.vitalRating]: rating };
    tracer.startSpan(vitalSpan(vital), { startTime: time, attributes }, parent).end(time + MOMENT);
  };
  for (const on of [onTTFB, onFCP, onLCP, onINP, onCLS]) on(report);
}

/** When a value was reached, in milliseconds since the time origin, and the context of its parent. `from` is where its last entry began. */
function placeOf(vital: Vital, value: number, from: number, load: Context): { at: number; parent: Context } {
  if (vital === 'cls') return { at: from, parent: load };
  if (vital !== 'inp') return { at: value, parent: load };
  const click = clicks.findLast(({ at }) => at >= from && at <= from + value);
  return { at: from + value, parent: click?.context ?? load };
}
