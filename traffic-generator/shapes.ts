/**
 * The shapes of load that both drivers offer, as data. The load is an open model: visitors arrive when the shape says, whether or not the
 * shop keeps up, so that a slow shop shows as a queue and as drops, not as less load.
 *
 * To add a shape, add a row to `SHAPES`: k6 (`SHAPE=<name>`), the Node driver and `npm run traffic <name>` know it by that.
 */

/** The arrival rate moves in a straight line from where it was to `rate` (journeys a second) within `seconds`. */
interface Stage {
  seconds: number;
  rate: number;
}

export interface Shape {
  about: string;
  /** Journeys a second at the start. k6 takes whole numbers only, here and in the stages. */
  startRate: number;
  stages: readonly Stage[];
  /** Journeys under way at one time; an arrival beyond it is dropped and counted. */
  maxInFlight: number;
  limits: Limits;
}

/** What the shop must hold for the run to count as passed. */
export interface Limits {
  /** Share of answers that the journey did not expect, no answer included. */
  failedRatio: number;
  /** 95th percentile of a request's duration. */
  p95Seconds: number;
  /** Share of arrivals dropped. */
  droppedRatio: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;
const WELL: Limits = { failedRatio: 0.01, p95Seconds: 0.5, droppedRatio: 0 };

/** `steady` ends after a week only because k6 wants an end; compose starts it again. */
export const SHAPES = {
  steady: {
    about: 'a modest, even load that keeps every panel moving',
    startRate: 2,
    stages: [{ seconds: WEEK, rate: 2 }],
    maxInFlight: 20,
    limits: WELL,
  },
  rush: {
    about: 'a busy hour in five minutes: up to ten times the steady load, a plateau, and back',
    startRate: 2,
    stages: [
      { seconds: MINUTE, rate: 20 },
      { seconds: 3 * MINUTE, rate: 20 },
      { seconds: MINUTE, rate: 2 },
    ],
    maxInFlight: 100,
    limits: WELL,
  },
  spike: {
    about: 'from calm to thirty times the load within five seconds, and back',
    startRate: 2,
    stages: [
      { seconds: 30, rate: 2 },
      { seconds: 5, rate: 60 },
      { seconds: 30, rate: 60 },
      { seconds: 5, rate: 2 },
      { seconds: 50, rate: 2 },
    ],
    maxInFlight: 200,
    limits: { failedRatio: 0.05, p95Seconds: 2, droppedRatio: 0.05 },
  },
  soak: {
    about: 'four times the steady load for two hours: leaks and full disks show here',
    startRate: 8,
    stages: [{ seconds: 2 * HOUR, rate: 8 }],
    maxInFlight: 50,
    limits: WELL,
  },
} as const satisfies Record<string, Shape>;

export type ShapeName = keyof typeof SHAPES;
export const SHAPE_NAMES = Object.keys(SHAPES) as ShapeName[];

export const isShape = (name: string): name is ShapeName => Object.hasOwn(SHAPES, name);

/** Seconds that a shape lasts. */
export const lengthOf = (shape: Shape): number => shape.stages.reduce((sum, stage) => sum + stage.seconds, 0);

/** The same shape in another length, in seconds: every stage is stretched alike, the rates stay. */
export function stretch(shape: Shape, seconds: number): Shape {
  const factor = seconds / lengthOf(shape);
  return { ...shape, stages: shape.stages.map((stage) => ({ ...stage, seconds: stage.seconds * factor })) };
}

/** Seconds from `90s`, `5m`, `2h` or a bare number of seconds; `undefined` for anything else, zero included. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(s|m|h|)$/.exec(text) ?? [];
  const seconds = Number(number) * (unit === 'h' ? HOUR : unit === 'm' ? MINUTE : 1);
  return seconds > 0 ? seconds : undefined;
}

/** Journeys that a shape offers: the area under its rate. */
export function offeredBy(shape: Shape): number {
  const starts = [shape.startRate, ...shape.stages.map((stage) => stage.rate)];
  return shape.stages.reduce((sum, stage, i) => sum + (stage.seconds * ((starts[i] ?? 0) + stage.rate)) / 2, 0);
}

/** The second at which each journey arrives, from 0: journey n comes when the area under the rate has reached n. */
export function* arrivals(shape: Shape): Generator<number, void> {
  let from = shape.startRate;
  let began = 0;
  let before = 0; // area under the stages that are over
  let n = 0;
  for (const { seconds, rate } of shape.stages) {
    const area = (seconds * (from + rate)) / 2;
    const slope = (rate - from) / seconds;
    for (; n < before + area; n++) {
      const due = n - before;
      // from·t + slope·t²/2 = due, solved for t in the form that also holds for a slope of 0.
      const root = Math.sqrt(Math.max(0, from * from + 2 * slope * due));
      yield began + (due === 0 ? 0 : (2 * due) / (from + root));
    }
    from = rate;
    began += seconds;
    before += area;
  }
}
