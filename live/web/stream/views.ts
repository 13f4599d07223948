/** Which views the page's parts want, counted, and which of them a section of a frame belongs to. */
import { VIEWS, type ViewRequest } from '../../server/stream/frame-layout.ts';

const DEFAULT_WINDOW = 60;

/** Names a request by what its view takes: the same wish gives the same key, also as the server says it back with its defaults. */
export function viewKey(request: ViewRequest): string {
  const params = VIEWS[request.view].params.map((name) => {
    const value = name === 'window' ? (request.window ?? DEFAULT_WINDOW) : (request[name as keyof ViewRequest] ?? '');
    return `${name}=${value}`;
  });
  return [request.view, ...params].join('&');
}

export interface Views {
  /** Asks for a view until the returned function is called. */
  want(request: ViewRequest): () => void;
  /** All views wanted, each once. */
  wanted(): ViewRequest[];
  /** Takes the server's answer: what the numbers in sections mean from now on. */
  subscribed(answer: readonly (ViewRequest & { id: number })[]): void;
  /** The key of a section's view; undefined for a view of an earlier subscription. */
  keyOf(id: number): string | undefined;
}

/** `changed` is called when the set of wanted views is not what it was. */
export function createViews(changed: () => void): Views {
  const counts = new Map<string, { request: ViewRequest; count: number }>();
  let keys = new Map<number, string>();
  return {
    want(request) {
      const key = viewKey(request);
      const entry = counts.get(key) ?? { request, count: 0 };
      entry.count++;
      counts.set(key, entry);
      if (entry.count === 1) changed();
      return () => {
        entry.count--;
        if (entry.count > 0) return;
        counts.delete(key);
        changed();
      };
    },
    wanted: () => [...counts.values()].map(({ request }) => request),
    subscribed(answer) {
      keys = new Map(answer.map(({ id, ...request }) => [id, viewKey(request)]));
    },
    keyOf: (id) => keys.get(id),
  };
}
