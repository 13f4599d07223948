import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { traces, until } from '../testing/requests.ts';
import { run } from '../testing/running.ts';
import { TestSocket } from '../testing/sockets.ts';
import type { ConnectionRow } from './connection-counts.ts';

const SERVE = fileURLToPath(new URL('../../../dist/live/server/serve.js', import.meta.url));
const DESCRIPTORS = 200;

const closedIn = ({ closed }: ConnectionRow): number => Object.values(closed).reduce((sum, times) => sum + times, 0);

describe.skipIf(process.platform !== 'linux' || !existsSync(SERVE))(
  'a process that may open few files (skipped but on Linux, and where npm run build has not been run)',
  () => {
    let child: ChildProcess;
    afterEach(async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    });

    it('serves those with a key while ten times as many connections come as it has descriptors', async () => {
      const key = randomBytes(12).toString('hex');
      const ports = { LIVE_GRPC_PORT: '0', LIVE_HTTP_PORT: '0', LIVE_PAGE_PORT: '0' };
      child = spawn('bash', ['-c', `ulimit -n ${DESCRIPTORS}; exec "$0" "$1"`, process.execPath, SERVE], {
        env: { ...process.env, LIVE_KEYS: key, ...ports },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let told = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        told += chunk;
      });
      await until(() => told.includes('(HTTP)'), 'the addresses that it listens on');
      const [page = '', grpc = '', http = ''] = (told.match(/http:\/\/[^\s/]+/g) ?? []) as string[];
      const authorization = `Bearer ${key}`;
      const request = (): Promise<Response> =>
        fetch(`${http}/v1/traces`, {
          method: 'POST',
          body: Buffer.from(traces('shop', [{}])),
          headers: { authorization, 'content-type': 'application/x-protobuf', connection: 'close' },
        });
      let sent = 0;
      // Between its coming and its first request it is one of the crowd, and may have to go with it: exporters try again.
      const send = async (): Promise<void> => {
        const response = await until(() => request().catch(() => undefined), 'a request that is answered');
        expect(response.status).toBe(200);
        sent++;
      };
      await send();
      const crowd: TestSocket[] = [];
      for (let n = 0; n < 20; n++) {
        crowd.push(...(await TestSocket.openMany(100, n % 2 === 0 ? http : grpc)));
        await send();
        expect(readdirSync(`/proc/${child.pid}/fd`).length).toBeLessThan(DESCRIPTORS);
      }
      await until(() => crowd.filter(({ closed }) => !closed).length < DESCRIPTORS, 'those that are too many to be closed');
      const ask = (): Promise<Response> => fetch(`${page}/api/ledger`, { headers: { authorization } });
      const ledger = await until(() => ask().catch(() => undefined), 'the ledger');
      const { connections, signals } = (await ledger.json()) as {
        connections: ConnectionRow[];
        signals: { signal: string; held: number }[];
      };
      expect(signals.find(({ signal }) => signal === 'traces')?.held).toBe(sent);
      for (const row of connections) expect(row.accepted).toBe(row.open + closedIn(row));
      expect(connections.reduce((sum, { closed }) => sum + (closed.crowded ?? 0), 0)).toBeGreaterThan(1500);
    });
  },
);

describe('with several workers', () => {
  it('connections without a key are bounded in each, and counted together, those of one that is killed too', async () => {
    const live = await run({ keys: 'app secret-of-app', workers: 2, limits: { connections: 80, noKeyMs: 60_000 } });
    const http = async (): Promise<ConnectionRow> => {
      const { connections } = await live.json<{ connections: ConnectionRow[] }>('/api/ledger');
      return connections.find(({ listener }) => listener === 'http') as ConnectionRow;
    };
    try {
      const crowd = await TestSocket.openMany(300, live.otlp.http);
      const open = (): number => crowd.filter(({ closed }) => !closed).length;
      for (let n = 0; n < 4; n++) expect((await live.post('/v1/traces', '{}', { connection: 'close' })).status).toBe(200);
      // A quarter of the places is for them, in each of the two half of 40, and half of that for one address; few, where one took nearly all.
      await until(() => open() <= 10, 'all but ten to be closed');
      const counted = await until(async () => {
        const row = await http();
        return row.accepted === 304 && row.open === open() ? row : undefined;
      }, 'the counts of both');
      expect(closedIn(counted)).toBe(304 - counted.open);
      const workers = spawnSync('pgrep', ['-P', String(process.pid), '-f', 'ingest-worker'], { encoding: 'utf8' });
      for (const pid of workers.stdout.trim().split('\n')) spawnSync('kill', ['-9', pid]);
      const ended = await until(async () => {
        const row = await http();
        return row.open === 0 ? row : undefined;
      }, 'what was open there to be counted as closed');
      expect(ended.closed.worker_ended).toBe(counted.open);
      expect(closedIn(ended)).toBe(ended.accepted);
    } finally {
      await live.close();
    }
  });
});
