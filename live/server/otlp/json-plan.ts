/** The table of schema.ts as whoever reads JSON wants it: each message's fields by the bytes of their names, and what becomes of one that cannot be read. */
import { ENUMS } from './enums.ts';
import { type FieldType, isMessage, MESSAGES, type MessageName, wireType } from './schema.ts';

/**
 * What a field that is not what it should be costs: the whole request, since it holds the items; the item that it is; itself, and it is counted in the
 * message around it; itself alone; or whatever the message around it costs.
 */
type Cost = 'request' | 'item' | 'counted' | 'itself' | 'message';

export interface Step {
  /** Where it stands in its message's plan. */
  index: number;
  name: string;
  /** Its name in lowerCamelCase, and as the proto files have it. */
  names: readonly [Uint8Array, Uint8Array];
  tag: number;
  type: FieldType;
  repeated: boolean;
  /** Numbers that are repeated go in one field. */
  packed: boolean;
  plan: Plan | undefined;
  /** Bytes kept for its length where it is a message. */
  room: 1 | 4;
  cost: Cost;
  /** Which of the plan's counters counts those that are left out; -1 for none. */
  counter: number;
  /** Which of them this field is; -1 for none. */
  isCounter: number;
  enum: ReadonlyMap<string, number>;
  /** Tag of the double that takes an integer that is none, or has more than 64 bits; 0 for none. */
  doubleTag: number;
}

export interface Plan {
  message: MessageName;
  steps: Step[];
  /** Tags of the fields that count what was left out. */
  counters: number[];
  bySlot: (Step[] | undefined)[];
}

const CONTAINERS = /^(Resource|Scope)(Spans|Metrics|Logs)$/;
const ITEMS = /^(Span|LogRecord|Metric|\w+DataPoint)$/;
/** What may be left out, with the field that counts it. */
const COUNTERS: Readonly<Record<string, string>> = {
  attributes: 'droppedAttributesCount',
  events: 'droppedEventsCount',
  links: 'droppedLinksCount',
};
const LEFT_OUT = new Set([
  ...['resource', 'scope', 'schemaUrl', 'entityRefs', 'traceState', 'flags'],
  ...Object.values(COUNTERS),
]);
const NO_ENUM: ReadonlyMap<string, number> = new Map();
const SLOTS = 64;

const plans = new Map<MessageName, Plan>();
const bytesOf = (text: string): Uint8Array => Buffer.from(text);

/** How the JSON of a message is read. */
export function planOf(message: MessageName): Plan {
  let plan = plans.get(message);
  if (plan === undefined) {
    plan = { message, steps: [], counters: [], bySlot: new Array(SLOTS) };
    plans.set(message, plan);
    fill(plan);
  }
  return plan;
}

/** The field whose name is bytes [from, to); undefined where there is none. `guess` is the index of the one that may well come. */
export function findStep({ steps, bySlot }: Plan, guess: number, bytes: Uint8Array, from: number, to: number): Step | undefined {
  const guessed = steps[guess];
  if (guessed !== undefined && same(guessed.names[0], bytes, from, to)) return guessed;
  for (const step of bySlot[slotOf(bytes, from, to)] ?? []) {
    if (same(step.names[0], bytes, from, to) || same(step.names[1], bytes, from, to)) return step;
  }
  return undefined;
}

function fill(plan: Plan): void {
  const fields = MESSAGES[plan.message];
  const counters = Object.entries(COUNTERS).filter(([name, counter]) => name in fields && counter in fields);
  plan.counters = counters.map(([, counter]) => (fields[counter]?.[0] ?? 0) * 8);
  for (const [name, [number, type, repeated]] of Object.entries(fields)) {
    const packed = repeated !== undefined && wireType(type) !== 2;
    const counter = counters.findIndex(([of]) => of === name);
    const container = CONTAINERS.test(type);
    const item = !container && repeated !== undefined && ITEMS.test(type);
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const step: Step = {
      index: plan.steps.length,
      name,
      names: [bytesOf(name), bytesOf(snake)],
      tag: number * 8 + (packed ? 2 : wireType(type)),
      type,
      repeated: repeated !== undefined,
      packed,
      plan: isMessage(type) ? planOf(type) : undefined,
      room: container || item ? 4 : 1,
      cost: container ? 'request' : item ? 'item' : counter >= 0 ? 'counted' : LEFT_OUT.has(name) ? 'itself' : 'message',
      counter,
      isCounter: counters.findIndex(([, of]) => of === name),
      enum: ENUMS[name] ?? NO_ENUM,
      doubleTag: type === 'sfixed64' ? (fields.asDouble?.[0] ?? 0) * 8 + 1 : 0,
    };
    plan.steps.push(step);
    for (const slot of new Set(step.names.map((one) => slotOf(one, 0, one.length)))) {
      const there = plan.bySlot[slot];
      if (there === undefined) plan.bySlot[slot] = [step];
      else there.push(step);
    }
  }
}

function slotOf(bytes: Uint8Array, from: number, to: number): number {
  return ((to - from) * 7 + (bytes[from] ?? 0) + (bytes[to - 1] ?? 0) * 3) & (SLOTS - 1);
}

function same(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) return false;
  return true;
}
