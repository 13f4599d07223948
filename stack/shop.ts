import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../telemetry/root.ts';
import { NAMESPACE, SERVICES, type Service } from '../telemetry/signals.ts';
import { shopDatabase, startPostgres } from './postgres.ts';

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
  /** Environment of every service, beside what they need to find each other; OTEL_* go here. */
  env: Record<string, string>;
  /** Called with each line that a service prints, on either stream. */
  print(service: Service, line: string): void;
}

/** Starts everything and returns when all four services listen; on failure nothing is left running. */
export async function startShop({ port, env, print }: ShopOptions): Promise<RunningShop> {
  const controlToken = randomBytes(24).toString('hex');
  const [postgresPort = 0, ...free] = await freePorts(1 + 2 * SERVICES.length);
  const ports = Object.fromEntries(
    SERVICES.map((service, i) => [
      service,
      { port: (service === 'storefront' && port) || free[2 * i], internalPort: free[2 * i + 1] },
    ]),
  ) as RunningShop['ports'];
  const database = shopDatabase(postgresPort, randomBytes(16).toString('hex'));
  // At once with the services, which wait for it: both take about a second.
  const postgres = startPostgres(database.port, database.password);
  const children = new Map<Service, ChildProcess>();
  const address = (service: Service) => `http://127.0.0.1:${ports[service].port}`;

  const start = async (service: Service) => {
    const child = fork(join(ROOT, 'dist', 'app', 'main.js'), {
      execArgv: ['--import', join(ROOT, 'dist', 'telemetry', 'register.js')],
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
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface(stream).on('line', (line) => print(service, line));
    const exited = once(child, 'exit').then(([code]) => {
      throw new Error(`${service} ended with code ${code} before it listened`);
    });
    await Promise.race([once(child, 'message'), exited]);
    exited.catch(() => {});
  };
  const end = async (service: Service, signal: NodeJS.Signals) => {
    const child = children.get(service);
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    return (await exited)[0];
  };
  const stop = async () => {
    // The storefront first: the services behind it still answer its requests in flight.
    for (const service of SERVICES) await end(service, 'SIGTERM');
    await (await postgres.catch(() => undefined))?.stop();
  };
  try {
    await Promise.all([postgres, ...SERVICES.map(start)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ports,
    controlToken,
    database,
    start,
    kill: (service, signal = 'SIGKILL') => end(service, signal),
    stop,
  };
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** True when `port` of 127.0.0.1 can be bound. */
export async function portIsFree(port: number): Promise<boolean> {
  const server = createServer();
  const bound = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
  });
  server.close();
  return bound;
}
