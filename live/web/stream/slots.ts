/** Seconds of one service: what its sparklines are drawn from. */
import type { Table } from '../../server/stream/frame-layout.ts';

/** So many seconds are kept: what the server offers as history. */
export const HISTORY_SECONDS = 120;

/** Rings by second: the slot of second `s` is at `s % HISTORY_SECONDS` and valid where `seconds` says `s`. */
export interface History {
  seconds: Float64Array;
  requests: Float64Array;
  errors: Float64Array;
  p99Ms: Float64Array;
}

export function emptyHistory(): History {
  const column = () => new Float64Array(HISTORY_SECONDS);
  return { seconds: column(), requests: column(), errors: column(), p99Ms: column() };
}

/** Writes one second; a later value of the same second replaces the earlier. */
export function setSecond(history: History, second: number, requests: number, errors: number, p99Ms: number): void {
  const at = second % HISTORY_SECONDS;
  if ((history.seconds[at] ?? 0) > second) return;
  history.seconds[at] = second;
  history.requests[at] = requests;
  history.errors[at] = errors;
  history.p99Ms[at] = p99Ms;
}

/** Merges a `slots` table into the histories by service, adding those of services not seen yet. */
export function mergeSlots(histories: Map<string, History>, { rows, columns, strings }: Table<'slots'>): void {
  for (let row = 0; row < rows; row++) {
    const service = strings[columns.service[row] ?? 0] ?? '';
    let history = histories.get(service);
    if (!history) {
      history = emptyHistory();
      histories.set(service, history);
    }
    setSecond(
      history,
      columns.second[row] ?? 0,
      columns.requests[row] ?? 0,
      columns.errors[row] ?? 0,
      columns.p99Ms[row] ?? Number.NaN,
    );
  }
}

/** The place of a second in the rings, or -1 where nothing is known of it. */
export function slotOf(history: History, second: number): number {
  const at = second % HISTORY_SECONDS;
  return history.seconds[at] === second ? at : -1;
}
