/** What is measured, each on one core: the live view in a process of its own, and the Collector in its container. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { freePorts } from '../../app/local/free-ports.ts';
import { ROOT } from '../../telemetry/root.ts';

export interface Receiver {
  name: string;
  ports: { grpc: number; http: number };
  key: string;
  /** Resident memory in bytes; undefined where it cannot be read. */
  memory(): number | undefined;
  /** Processor time that it has used, in seconds; undefined where it cannot be read. */
  cpuSeconds(): number | undefined;
  stop(): Promise<void>;
}

/** The live view, and the processor time in seconds of the processes that take OTLP for it. */
export interface LiveView extends Receiver {
  workersCpuSeconds(): number;
}

/** The settings of V8 and of malloc that compose gives the live view. */
function memorySettings(): Record<string, string> {
  const compose = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')) as {
    services: { live: { environment: Record<string, string> } };
  };
  return Object.fromEntries(
    Object.entries(compose.services.live.environment).filter(([name]) => /^(NODE_OPTIONS|MALLOC_.+)$/.test(name)),
  );
}

/** Starts the live view with the memory it has in compose, pinned to `core` where taskset is there; on all cores without one. */
export async function startLiveView(core: number | undefined, capBytes: number, workers = 0): Promise<LiveView> {
  const [grpc = 0, http = 0, page = 0] = await freePorts(3);
  const key = randomBytes(12).toString('hex');
  const serve = fileURLToPath(new URL(`../server/serve${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
  const env = {
    ...process.env,
    ...memorySettings(),
    LIVE_KEYS: key,
    LIVE_GRPC_PORT: String(grpc),
    LIVE_HTTP_PORT: String(http),
    LIVE_PAGE_PORT: String(page),
    LIVE_TRACES_BYTES: String(capBytes),
    LIVE_WORKERS: String(workers),
  };
  const child = pinned(core, [process.execPath, serve], env);
  await listening(http, child);
  return {
    name: 'live view',
    ports: { grpc, http },
    key,
    memory: () => residentBytes(child.pid),
    cpuSeconds: () => cpuSeconds(child.pid),
    workersCpuSeconds: () => childrenOf(child.pid).reduce((sum, pid) => sum + (cpuSeconds(pid) ?? Number.NaN), 0),
    stop: () => stopped(child),
  };
}

/** Starts the Collector, otlp -> nop, in `image` on `core`, or on all of them; undefined where there is no Docker or no such image. */
export async function startCollector(core: number | undefined, image: string): Promise<Receiver | undefined> {
  if (spawnSync('docker', ['image', 'inspect', image], { stdio: 'ignore' }).status !== 0) return undefined;
  const [grpc = 0, http = 0] = await freePorts(2);
  const config = {
    receivers: {
      otlp: {
        protocols: { grpc: { endpoint: `0.0.0.0:${grpc}`, max_recv_msg_size_mib: 64 }, http: { endpoint: `0.0.0.0:${http}` } },
      },
    },
    exporters: { nop: {} },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
      pipelines: Object.fromEntries(
        ['traces', 'metrics', 'logs'].map((signal) => [signal, { receivers: ['otlp'], exporters: ['nop'] }]),
      ),
    },
  };
  const name = `live-bench-${process.pid}`;
  const alone = core === undefined ? [] : ['--cpuset-cpus', String(core), '-e', 'GOMAXPROCS=1'];
  const options = ['--rm', '--name', name, '--network', 'host', ...alone];
  const command = `--config=yaml:${JSON.stringify(config)}`;
  const child = spawn('docker', ['run', ...options, image, command], { stdio: ['ignore', 'ignore', 'inherit'] });
  await listening(http, child);
  const pid = Number(spawnSync('docker', ['inspect', '-f', '{{.State.Pid}}', name], { encoding: 'utf8' }).stdout);
  return {
    name: 'Collector',
    ports: { grpc, http },
    key: 'any-key-will-do',
    memory: () => residentBytes(pid),
    cpuSeconds: () => cpuSeconds(pid),
    async stop() {
      spawnSync('docker', ['rm', '-f', name], { stdio: 'ignore' });
      await stopped(child);
    },
  };
}

/** Keeps this process, the sender, off `core` where taskset is there. */
export function pinSelf(core: number): void {
  const others = cpus().flatMap((_, i) => (i === core ? [] : [i]));
  if (process.platform === 'linux' && others.length > 0) spawnSync('taskset', ['-acp', others.join(','), String(process.pid)]);
}

function pinned(core: number | undefined, command: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const hasTaskset =
    core !== undefined && process.platform === 'linux' && spawnSync('taskset', ['-V'], { stdio: 'ignore' }).status === 0;
  const [program = '', ...rest] = hasTaskset ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(program, rest, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Waits until the port takes connections, 20 s at most. @throws Error when the process ends before */
async function listening(port: number, child: ChildProcess): Promise<void> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('close', () => socket.destroy()).once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill();
  throw new Error(`nothing listens on port ${port} after 20 s`);
}

/** Resident memory of a process in bytes; undefined where /proc does not tell. */
export function residentBytes(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Processor seconds of a process, from /proc/<pid>/stat: user and system time in ticks, of which Linux has 100 a second; undefined where it does not tell. */
export function cpuSeconds(pid: number | undefined): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
