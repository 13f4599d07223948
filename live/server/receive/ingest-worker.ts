/** A process that takes OTLP for the live view: it listens, reads and decodes, and sends on the rows. Started by workers.ts. */
import { Connections } from './connections.ts';
import { Ingest } from './ingest.ts';
import { Keys } from './keys.ts';
import { Parcels } from './parcel.ts';
import { startReceivers } from './receivers.ts';
import type { FromWorker, ToWorker, WorkerOptions } from './workers.ts';

/** How often it tells what memory and connections it has. */
const STATE_MS = 1000;

function tell(message: FromWorker, told?: () => void): void {
  // Where the parent has gone, so will this process: nobody is left to be told of it.
  if (process.connected) process.send?.(message, undefined, undefined, () => told?.());
}

async function start({ keys: specs, limits, ...options }: WorkerOptions): Promise<Keys> {
  const keys = new Keys(specs, Date.now());
  const connections = new Connections(limits);
  const ingest = new Ingest(new Parcels((parcel, sent) => tell({ parcel }, sent)), keys, limits);
  const { ports } = await startReceivers(ingest, connections, options);
  tell({ ports });
  setInterval(
    () => tell({ state: { rssBytes: process.memoryUsage.rss(), connections: connections.counts.all() } }),
    STATE_MS,
  ).unref();
  return keys;
}

let keys: Keys | undefined;
process.on('message', ({ start: options, spent = {} }: ToWorker) => {
  for (const [name, bytes] of Object.entries(spent)) keys?.named(name)?.spend(bytes);
  if (options === undefined) return;
  start(options).then(
    (made) => {
      keys = made;
    },
    (error: Error) => tell({ failed: error.message }, () => process.exit(1)),
  );
});
// A Ctrl-C on the terminal reaches this process as well: the live view ends it.
process.on('SIGINT', () => {});
tell({ ready: true });
