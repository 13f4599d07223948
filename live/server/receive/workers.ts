/**
 * Several processes that take OTLP, on the same ports: node:cluster hands them the connections in turn. They read and decode, which is most of the
 * work; what they decoded comes here as parcels of rows and is stored and derived in one place.
 */
import cluster, { type Worker } from 'node:cluster';
import { builtFile } from '../intake/built-file.ts';
import { ConnectionCounts, type ConnectionRow } from './connection-counts.ts';
import type { KeySpec, Keys } from './keys.ts';
import type { Limits } from './limits.ts';
import type { Live } from './live.ts';
import type { Parcel } from './parcel.ts';
import { letHeapGrow, type ReceiverOptions, type Receivers } from './receivers.ts';

/** How long a worker that ended waits to be replaced: one that cannot run must not take the machine. */
const REPLACE_MS = 1000;

export interface WorkerOptions extends ReceiverOptions {
  keys: readonly KeySpec[];
  /** Of each. */
  limits: Limits;
}

interface WorkerState {
  rssBytes: number;
  connections: readonly ConnectionRow[];
}

export interface ToWorker {
  start?: WorkerOptions;
  /** Bytes that other workers have taken, by key. */
  spent?: Record<string, number>;
}

export interface FromWorker {
  /** It listens to messages: what was sent before is lost. */
  ready?: true;
  /** Where it listens. */
  ports?: Receivers['ports'];
  /** Why it cannot. */
  failed?: string;
  parcel?: Parcel;
  state?: WorkerState;
}

interface Workers extends Receivers {
  /** Resident memory of all. */
  rssBytes(): number;
  /** Of all that are and were. */
  connections(): readonly ConnectionRow[];
}

/** Starts `count` workers. @throws Error where one cannot listen */
export async function startWorkers(count: number, live: Live, keys: Keys, options: WorkerOptions): Promise<Workers> {
  letHeapGrow();
  const workers = new Map<Worker, WorkerState>();
  const ended = new ConnectionCounts();
  const limits = { ...options.limits, connections: options.limits.connections / count };
  let closing = false;

  const receive = (from: Worker, parcel: Parcel): void => {
    live.receive(parcel);
    const spent: Record<string, number> = {};
    for (const [name, bytes] of Object.entries(parcel.spent)) {
      const key = keys.named(name);
      if (!key?.limited) continue;
      key.spend(bytes);
      spent[name] = bytes;
    }
    if (Object.keys(spent).length === 0) return;
    for (const other of workers.keys()) if (other !== from) other.send({ spent } satisfies ToWorker);
  };

  const start = (): Promise<Receivers['ports']> =>
    new Promise((resolve, reject) => {
      cluster.setupPrimary({ exec: builtFile('receive/ingest-worker'), args: [], execArgv: [], serialization: 'advanced' });
      const worker = cluster.fork();
      let running = false;
      workers.set(worker, { rssBytes: 0, connections: [] });
      // What is sent to one that has just ended fails (EPIPE): its exit says so, and is what counts.
      worker.on('error', () => {});
      worker.on('message', ({ ready, ports, failed, parcel, state }: FromWorker) => {
        if (ready) worker.send({ start: { ...options, limits } } satisfies ToWorker);
        if (parcel) receive(worker, parcel);
        if (state) workers.set(worker, state);
        if (failed) reject(new Error(failed));
        if (!ports) return;
        running = true;
        resolve(ports);
      });
      worker.once('exit', (code, signal) => {
        ended.addEnded(workers.get(worker)?.connections ?? []);
        workers.delete(worker);
        if (closing) return;
        const what = `an ingest worker ended with ${signal ?? code}`;
        if (!running) return reject(new Error(what));
        console.error(`live view: ${what}; another one starts`);
        setTimeout(replace, REPLACE_MS);
      });
    });

  const replace = (): void => {
    if (closing) return;
    start().catch((error: Error) => {
      console.error(`live view: ${error.message}; another try follows`);
      setTimeout(replace, REPLACE_MS);
    });
  };

  const close = async (): Promise<void> => {
    closing = true;
    // Not events.once: it gives up at an 'error'.
    const exits = [...workers.keys()].map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of workers.keys()) worker.process.kill('SIGKILL');
    await Promise.all(exits);
  };

  try {
    const [ports] = await Promise.all(Array.from({ length: count }, start));
    if (ports === undefined) throw new RangeError('no worker was asked for');
    const states = (): WorkerState[] => [...workers.values()];
    return {
      ports,
      close,
      rssBytes: () => states().reduce((sum, { rssBytes }) => sum + rssBytes, 0),
      connections: () =>
        states()
          .reduce((sum, { connections }) => sum.add(connections), new ConnectionCounts().add(ended.all()))
          .all(),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
