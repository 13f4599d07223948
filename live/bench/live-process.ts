/** Starts and asks the live view of live-child.ts. */
import type { LiveOptions, RunningLive } from '../server/main.ts';
import { startChild } from './child.ts';

export type LiveAddresses = Omit<RunningLive, 'close'>;

/** Memory right after a full garbage collection. */
export interface LiveState {
  rssBytes: number;
  /** V8's heap in use and what it refers to outside: the columns of the rings. */
  heldBytes: number;
  /** The most bytes that all sockets together had queued in the process since the last question: sampled every 20 ms. */
  queuedBytes: number;
  /** Processor time used so far. */
  cpuSeconds: number;
}

export interface LiveProcess extends RunningLive {
  state(): Promise<LiveState>;
  /** Asks the HTTP API. */
  api<T>(path: string): Promise<T>;
}

/** Starts the live view on free ports. */
export async function startLiveProcess(options: LiveOptions = {}): Promise<LiveProcess> {
  const child = startChild('live-child', { ports: { grpc: 0, http: 0, page: 0 }, ...options });
  try {
    const addresses = (await child.ask('start')) as LiveAddresses;
    return {
      ...addresses,
      close: child.stop,
      state: async () => (await child.ask('state')) as LiveState,
      async api<T>(path: string): Promise<T> {
        const response = await fetch(addresses.url + path, { headers: { authorization: `Bearer ${addresses.key}` } });
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
        return (await response.json()) as T;
      },
    };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** Spans held and evicted so far. */
export async function spansIn(live: LiveProcess): Promise<{ received: number; held: number; evicted: number }> {
  const { signals } = await live.api<{ signals: { signal: string; received: number; held: number; evicted: number }[] }>(
    '/api/ledger',
  );
  const spans = signals.find(({ signal }) => signal === 'traces');
  if (spans === undefined) throw new Error('/api/ledger says nothing of traces');
  return spans;
}
