/** Reads what stream clients send. */

import { LEVELS, TRACE_ID, WINDOW } from '../query/query.ts';
import { type ClientMessage, MAX_HZ, VIEWS, type ViewName, type ViewRequest } from './frame-layout.ts';

const MAX_VIEWS = 16;
const MAX_TEXT = 200;
const TEXTS = ['service', 'text', 'name'] as const;

/** A client's message; a text that says what is wrong with it where it is none. */
export function parseMessage(text: string): ClientMessage | string {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  if (!isObject(message)) return 'send an object with subscribe or ack';
  if (Number.isSafeInteger(message.ack)) return { ack: message.ack as number };
  const { subscribe, hz } = message;
  if (!Array.isArray(subscribe)) return 'send {"subscribe": [...]} or {"ack": sequence}';
  if (subscribe.length > MAX_VIEWS) return `subscribe: ${MAX_VIEWS} views at most`;
  if (hz !== undefined && !isBetween(hz, 1, MAX_HZ)) return `hz: 1 to ${MAX_HZ}`;
  const views: ViewRequest[] = [];
  for (const one of subscribe) {
    const view = parseView(one);
    if (typeof view === 'string') return view;
    views.push(view);
  }
  return { subscribe: views, ...(hz === undefined ? {} : { hz: hz as number }) };
}

function parseView(one: unknown): ViewRequest | string {
  if (!isObject(one) || typeof one.view !== 'string' || !Object.hasOwn(VIEWS, one.view)) {
    return `view: one of ${Object.keys(VIEWS).join(', ')}`;
  }
  const view: ViewRequest = { view: one.view as ViewName };
  const { window, level, traceId } = one;
  if (window !== undefined) {
    if (!isBetween(window, WINDOW.minimum, WINDOW.maximum) || !Number.isInteger(window)) {
      return `window: a whole number of seconds from ${WINDOW.minimum} to ${WINDOW.maximum}`;
    }
    view.window = window as number;
  }
  for (const name of TEXTS) {
    const text = one[name];
    if (text === undefined) continue;
    if (typeof text !== 'string' || text.length > MAX_TEXT) return `${name}: a text of ${MAX_TEXT} characters at most`;
    view[name] = text;
  }
  if (level !== undefined && level !== '') {
    if (!(LEVELS as readonly unknown[]).includes(level)) return `level: one of ${LEVELS.join(', ')}`;
    view.level = level as string;
  }
  if (traceId !== undefined && traceId !== '') {
    if (typeof traceId !== 'string' || !TRACE_ID.pattern.test(traceId)) return 'traceId: 32 lower-case hexadecimal digits';
    view.traceId = traceId;
  }
  return view;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isBetween = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && value >= least && value <= most;
