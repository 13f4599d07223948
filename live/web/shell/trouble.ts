/** What is the matter with what the reader sees, if anything, and what to do about it. */
import { counted } from '../format/number.ts';
import type { StreamState } from '../stream/stream.ts';

export interface Trouble {
  kind: 'warning' | 'error';
  title: string;
  todo: string;
}

/** What the page knows of the server and of itself. */
export interface Signs {
  stream: StreamState;
  /** True where the server said that this browser has no key. */
  loggedOut: boolean;
  /** p99 of the server's event-loop lag over 10 s, milliseconds. */
  lagP99Ms: number;
  /** Items the server rejected, and frames it left out for this page, in the last 10 s. */
  rejected: number;
  skipped: number;
}

/** Lag from which numbers are visibly late: a quarter of a second. */
const LAG_MS = 250;
/** Frames left out of 600 in 10 s from which the page is visibly not at 60 Hz. */
const SKIPPED_FRAMES = 150;

/** The worst trouble first; undefined where all is well. */
export function trouble({ stream, loggedOut, lagP99Ms, rejected, skipped }: Signs): Trouble | undefined {
  if (loggedOut) return NOT_LOGGED_IN;
  if (stream.status === 'waiting') return DISCONNECTED;
  if (stream.status === 'stalled') return STALLED;
  if (stream.problem) return { kind: 'error', title: 'The stream is not what this page expects.', todo: stream.problem };
  if (lagP99Ms > LAG_MS) {
    const title = `The live view is overloaded: its event loop is ${Math.round(lagP99Ms)} ms late.`;
    return {
      kind: 'warning',
      title,
      todo: 'What you see is behind. Send less, or give it a core of its own; Health shows what comes in.',
    };
  }
  if (rejected > 0) {
    const title = `${counted(rejected, 'item')} ${rejected === 1 ? 'was' : 'were'} rejected in the last 10 s.`;
    return { kind: 'warning', title, todo: 'What is shown is not all that was sent: Health says whose, and why.' };
  }
  if (skipped > SKIPPED_FRAMES) {
    const title = 'This browser cannot keep up with 60 frames a second.';
    return {
      kind: 'warning',
      title,
      todo: 'It gets the newest state and fewer frames. Close other tabs, or look at one page of few services.',
    };
  }
  return undefined;
}

const NOT_LOGGED_IN: Trouble = {
  kind: 'error',
  title: 'This browser is not logged in.',
  todo: 'Open the login link that the live view printed when it started; it works once. For another one, open Health in a browser that is logged in, or start it again.',
};
const DISCONNECTED: Trouble = {
  kind: 'error',
  title: 'Disconnected: what you see is the last that came.',
  todo: 'The page connects again by itself. If it stays so, check that the live view runs (npm start) and that this address reaches it.',
};
const STALLED: Trouble = {
  kind: 'warning',
  title: 'Connected, but nothing has come for three seconds.',
  todo: 'The live view is busy or paused. If it stays so, look at its output and at /healthz.',
};
