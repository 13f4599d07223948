/** Who waited for whom: a tree for each session that held others up without waiting itself, while it lasts and afterwards. */
import { EVENTS } from '../../../database/names.ts';
import type { Live } from '../receive/live.ts';
import type { Steps } from '../store/slices.ts';
import { eventSteps, groupBy, type Interval, KEYS } from './database.ts';
import { FRESH_MS, lastSampleSteps, readSession, type Session } from './sessions.ts';

/** Samples of one wait lie a second apart; after a longer silence it is another one. */
const GAP_MS = 5_000;
/** Two samples are of one transaction when it began at the same time, to this. */
const SAME_MS = 1_000;
/** A session that waits for one that waits, and so on. */
const DEEPEST = 20;

/** One stay of a session in the role that it has here. */
interface Stay {
  fromMs: number;
  toMs: number;
  /** As it was seen last; the trace as it was last known. */
  session: Session;
}

export interface Waiting extends Stay {
  waitedMs: number;
  waiting: Waiting[];
}

export interface Blocking extends Stay {
  /** Whether somebody waits for it in the last sample. */
  now: boolean;
  /** The longest wait of all of them. */
  waitedMs: number;
  sessions: number;
  waiting: Waiting[];
}

/** A blocker that has no sample of its own: a prepared transaction (pid 0), or one beyond those that are sent. */
const unseen = (pid: number, { timeMs, database }: Session): Session => ({
  ...{ timeMs, pid, database, role: '', application: '', state: '', waitEventType: '', waitEvent: '', queryId: '', text: '' },
  ...{ runningMs: 0, transactionMs: 0, stateMs: 0, blockedBy: [], traceId: '', spanId: '' },
});

function isSame({ session: was, toMs }: Stay, now: Session): boolean {
  if (was.pid !== now.pid) return false;
  if (was.transactionMs > 0 && now.transactionMs > 0)
    return Math.abs(was.timeMs - was.transactionMs - (now.timeMs - now.transactionMs)) < SAME_MS;
  return now.timeMs - toMs < GAP_MS;
}

/** Puts a sample to the stay that it is of. */
function stay(stays: Map<number, Stay[]>, session: Session): void {
  const ofPid = stays.get(session.pid) ?? [];
  stays.set(session.pid, ofPid);
  const last = ofPid.at(-1);
  if (last === undefined || !isSame(last, session)) {
    ofPid.push({ fromMs: session.timeMs, toMs: session.timeMs, session });
    return;
  }
  const { traceId, spanId } = session.traceId ? session : last.session;
  last.session = { ...session, traceId, spanId };
  last.toMs = session.timeMs;
}

/** The latest first. */
export function* lockSteps(live: Live, interval: Interval): Steps<Blocking[]> {
  const lastMs = yield* lastSampleSteps(live, interval);
  const waits = new Map<number, Stay[]>();
  const blockers = new Map<number, Stay[]>();
  const samples = yield* eventSteps(live, EVENTS.sample, KEYS.unchanged, interval);
  for (const sample of groupBy(samples, ({ timeMs }) => timeMs).values()) {
    yield;
    const waiting = sample.filter((event) => /\d/.test(event.text(KEYS.blockedBy))).map(readSession);
    if (waiting.length === 0) continue;
    const wanted = new Set(waiting.flatMap(({ blockedBy }) => blockedBy));
    for (const session of waiting) stay(waits, session);
    const isWaiting = new Set(waiting.map(({ pid }) => pid));
    const there = new Map(sample.map((event) => [event.number(KEYS.pid), event]));
    for (const pid of wanted) {
      if (isWaiting.has(pid)) continue;
      const event = there.get(pid);
      stay(blockers, event ? readSession(event) : unseen(pid, waiting[0] as Session));
    }
  }
  return trees(waits, blockers, lastMs);
}

const overlap = (a: Stay, b: Stay): boolean => a.fromMs <= b.toMs && b.fromMs <= a.toMs;

function trees(waits: Map<number, Stay[]>, blockers: Map<number, Stay[]>, lastMs: number): Blocking[] {
  const under = new Map<Stay, Stay[]>();
  const roots = [...blockers.values()].flat();
  for (const one of [...waits.values()].flat()) {
    const of = parentOf(one, waits, blockers);
    if (of) under.set(of, [...(under.get(of) ?? []), one]);
    // A deadlock: each waits for the other.
    else roots.push(one);
  }
  const made: Blocking[] = [];
  for (const root of roots) {
    let [sessions, waitedMs] = [0, 0];
    const seen = new Set<Stay>();
    const below = (of: Stay, depth: number): Waiting[] =>
      (under.get(of) ?? [])
        .filter((one) => depth < DEEPEST && !seen.has(one) && seen.add(one))
        .map((one) => {
          sessions++;
          const waited = Math.max(one.toMs - one.fromMs, one.session.stateMs);
          waitedMs = Math.max(waitedMs, waited);
          return { ...one, waitedMs: waited, waiting: below(one, depth + 1) };
        });
    const waiting = below(root, 0);
    if (waiting.length === 0) continue;
    made.push({ ...root, now: root.toMs >= lastMs - FRESH_MS, waitedMs, sessions, waiting });
  }
  return made.sort((a, b) => b.toMs - a.toMs);
}

/** Whom it waits for: one that waits itself where there is one, which stands before it in the queue; of several the first to have come. */
function parentOf(one: Stay, waits: Map<number, Stay[]>, blockers: Map<number, Stay[]>): Stay | undefined {
  const of = (stays: Map<number, Stay[]>): Stay[] =>
    one.session.blockedBy.flatMap((pid) => (stays.get(pid) ?? []).filter((other) => other !== one && overlap(other, one)));
  const earlier = of(waits).filter(({ fromMs, session }) => fromMs - session.stateMs < one.fromMs - one.session.stateMs);
  return earlier.sort((a, b) => b.fromMs - a.fromMs)[0] ?? of(blockers).sort((a, b) => a.fromMs - b.fromMs)[0];
}
