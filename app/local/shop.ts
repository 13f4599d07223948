import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../telemetry/root.ts';
import { NAMESPACE, SERVICES, type Service } from '../../telemetry/signals.ts';
import { NEXT_RELEASE } from '../deploy.ts';
import { freePorts } from './free-ports.ts';
import { shopDatabase, startPostgres, WATCHER } from './postgres.ts';
import { type Reaper, startReaper } from './reaper.ts';

/** A shop of four processes and a PostgreSQL of their own on this machine. */
export interface RunningShop {
  ports: Record<Service, { port: number; internalPort: number }>;
  controlToken: string;
  /** How a client of `pg` reaches the database as the role `shop`. */
  database: ReturnType<typeof shopDatabase>;
  /** Ends one service (SIGKILL without a signal named), for tests of what it and the others do meanwhile; resolves to its exit code, null for a signal. */
  kill(service: Service, signal?: NodeJS.Signals): Promise<number | null>;
  start(service: Service): Promise<void>;
  stop(): Promise<void>;
}

export interface ShopOptions {
  /** The storefront's port; 0 takes a free one. */
  port: number;
  /** Ports that something else will listen on. */
  taken?: readonly number[];
  /** Environment of every service, beside what they need to find each other; OTEL_* go here. PostgreSQL starts while it is being made. */
  env: Record<string, string> | Promise<Record<string, string>>;
  /** Called with each line that a service prints, on either stream. */
  print(service: Service, line: string): void;
  /** Called when the storefront listens; the services behind it are still being started. */
  opened?(shop: Pick<RunningShop, 'ports' | 'controlToken'>): void | Promise<void>;
  /** Gives the start up. */
  signal?: AbortSignal;
  /** Ends it all should this process be killed. */
  reaper?: Reaper;
}

/** How long a service may take to end before it is killed; it bounds its own end at 2 s. */
const END_MILLISECONDS = 5_000;

/** Starts everything and returns when all four services listen; on failure nothing is left running. */
export async function startShop(options: ShopOptions): Promise<RunningShop> {
  const { port, taken = [], print, opened, signal, reaper = startReaper() } = options;
  const controlToken = randomBytes(24).toString('hex');
  const [postgresPort = 0, ...free] = await freePorts(1 + 2 * SERVICES.length, [port, ...taken]);
  const ports = Object.fromEntries(
    SERVICES.map((service, i) => [
      service,
      { port: (service === 'storefront' && port) || free[2 * i], internalPort: free[2 * i + 1] },
    ]),
  ) as RunningShop['ports'];
  const database = shopDatabase(postgresPort, randomBytes(16).toString('hex'));
  // At once with the services, which wait for it: both take about a second.
  const postgres = startPostgres(database.port, database.password, reaper);
  postgres.catch(() => {});
  const given = Promise.resolve(options.env);
  given.catch(() => {});
  const children = new Map<Service, ChildProcess>();
  let watcher: ChildProcess | undefined;
  const address = (service: Service) => `http://127.0.0.1:${ports[service].port}`;

  const start = async (service: Service) => {
    const env = await given;
    signal?.throwIfAborted();
    const child = fork(join(ROOT, 'dist', 'app', 'main.js'), {
      execArgv: ['app/release.js', 'telemetry/register.js'].flatMap((preload) => ['--import', distUrl(preload)]),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A Ctrl-C on the terminal reaches this process, which then ends its children in order.
      detached: true,
      env: {
        ...process.env,
        PGHOST: database.host,
        PGPORT: String(database.port),
        PGDATABASE: database.database,
        PGUSER: database.user,
        PGPASSWORD: database.password,
        // Compiled code of this and earlier starts; Node 20 does not know it and starts a little slower.
        NODE_COMPILE_CACHE: join(ROOT, '.sightline', 'compiled'),
        ORDERS_URL: address('orders'),
        INVENTORY_URL: address('inventory'),
        PAYMENTS_URL: address('payments'),
        OTEL_SERVICE_NAME: service,
        OTEL_RESOURCE_ATTRIBUTES: `service.namespace=${NAMESPACE}`,
        ...env,
        ROLE: service,
        HOST: '127.0.0.1',
        PORT: String(ports[service].port),
        INTERNAL_PORT: String(ports[service].internalPort),
        CONTROL_TOKEN: controlToken,
      },
    });
    children.set(service, child);
    reaper.ends(child);
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface(stream).on('line', (line) => print(service, line));
    const exited = once(child, 'exit').then(([code, killed]) => {
      throw new Error(`${service} ended with ${killed ?? `code ${code}`} before it listened`);
    });
    await Promise.race([once(child, 'message'), exited]);
    exited.catch(() => {});
    child.once('exit', (code, killed) => {
      if (children.get(service) !== child) return;
      if (code === NEXT_RELEASE) start(service).catch((error) => print(service, error.message));
      else print(service, `${service} has ended with ${killed ?? `code ${code}`}; start again to have it back`);
    });
  };
  /** The first alone, so that it is there in half the time; the others, two cores' worth of work together, are no later for it. */
  const startAll = async () => {
    const [first, ...rest] = SERVICES;
    await start(first);
    await opened?.({ ports, controlToken });
    await Promise.all(rest.map(start));
  };
  /** Beside the shop, not before it: nothing of a request waits for it. Without an address to send to there is nothing to do for it. */
  const startWatcher = async () => {
    const [{ logs }, env] = await Promise.all([postgres, given]);
    if (signal?.aborted || !('OTEL_EXPORTER_OTLP_ENDPOINT' in env)) return;
    const { password, ...at } = database;
    watcher = fork(join(ROOT, 'dist', 'database', 'main.js'), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
      env: {
        ...process.env,
        PGHOST: at.host,
        PGPORT: String(at.port),
        PGDATABASE: at.database,
        PGUSER: WATCHER,
        PGPASSWORD: password,
        NODE_COMPILE_CACHE: join(ROOT, '.sightline', 'compiled'),
        DATABASE_LOG_DIR: logs,
        ...env,
        // Events go to the live view; nobody ships a file here.
        LOG_DIR: '',
      },
    });
    reaper.ends(watcher);
    if (watcher.stderr)
      createInterface(watcher.stderr).on('line', (line) => line.includes(' watching ') || print('storefront', line));
  };
  const end = async (service: Service, signal: NodeJS.Signals) => {
    const child = children.get(service);
    children.delete(service);
    return endChild(child, signal);
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    // The storefront first: the services behind it still answer its requests in flight.
    for (const service of SERVICES) await end(service, signal);
    await endChild(watcher, signal);
    await (await postgres.catch(() => undefined))?.stop();
  };
  const aborted = signal && once(signal, 'abort').then(() => signal.throwIfAborted());
  aborted?.catch(() => {});
  try {
    await Promise.race([Promise.all([postgres, startAll()]), ...(aborted ? [aborted] : [])]);
    await startWatcher();
  } catch (error) {
    // Nothing has been served, so nothing is lost.
    await stop('SIGKILL');
    throw error;
  }
  return {
    ports,
    controlToken,
    database,
    start,
    kill: (service, signal = 'SIGKILL') => end(service, signal),
    stop: () => stop(),
  };
}

const distUrl = (file: string) => pathToFileURL(join(ROOT, 'dist', file)).href;

/** Ends a process, by force where it takes too long; returns its exit code, null for one that a signal ended or that had ended. */
async function endChild(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<number | null> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return null;
  const exited = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  const hung = setTimeout(() => child.kill('SIGKILL'), END_MILLISECONDS);
  const [code] = await exited;
  clearTimeout(hung);
  return code;
}
