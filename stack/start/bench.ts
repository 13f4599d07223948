/**
 * `npm run bench start [runs]`: how long after `npm start`, once installed and built, the live view's stream shows the shop. A client connects as soon as
 * the key is printed; what counts is the first frame with a row of a service, and the first with a request that the storefront has answered.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { freePorts } from '../../app/local/free-ports.ts';
import { machine, median, milliseconds, printTable } from '../../live/bench/print.ts';
import { ROOT } from '../../telemetry/root.ts';

const GOAL_MS = 3_000;
const GIVE_UP_MS = 60_000;

interface Frame {
  sequence: number;
  sections?: { table: string; rows: number; columns: { service: string[]; requests: number[] } }[];
}

/** Milliseconds from the start to each. */
interface Marks {
  table: number;
  frame: number;
  traffic: number;
}

async function run(): Promise<Marks> {
  // Four in a row are wanted: those after a free one are as good as always free as well.
  const [port = 0] = await freePorts(1);
  const began = performance.now();
  const at = (): number => performance.now() - began;
  // A group of its own, so that the end reaches all of it, as a Ctrl-C does: npm alone would wait for what it runs.
  const child = spawn('npm', ['start', '--', '--port', String(port)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(child, 'exit');
  const stop = (): void => {
    if (child.exitCode === null) process.kill(-(child.pid as number), 'SIGINT');
  };
  const tooLate = setTimeout(stop, GIVE_UP_MS);
  try {
    const key = await new Promise<string>((resolve, reject) => {
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk;
        const [, printed] = /Bearer (\S+)\n/.exec(output) ?? [];
        if (printed) resolve(printed);
      });
      ended.then(() => reject(new Error(`npm start ended before its table:\n${output}`)));
    });
    const table = at();
    return { table, ...(await frames(port + 1, key, at)) };
  } finally {
    clearTimeout(tooLate);
    stop();
    await ended;
  }
}

/** Follows the table of services until the storefront has answered a request. @throws Error where the connection ends before */
async function frames(port: number, key: string, at: () => number): Promise<Omit<Marks, 'table'>> {
  const headers = { authorization: `Bearer ${key}` };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/stream?format=json`, { headers });
  await once(socket, 'open');
  socket.send(JSON.stringify({ subscribe: [{ view: 'services' }] }));
  let first: number | undefined;
  try {
    return await new Promise((resolve, reject) => {
      socket.once('close', () => reject(new Error('the stream ended before the shop was in it')));
      socket.on('message', (text) => {
        const { frame } = JSON.parse(String(text)) as { frame?: Frame };
        if (!frame) return;
        socket.send(JSON.stringify({ ack: frame.sequence }));
        for (const { table, rows, columns } of frame.sections ?? []) {
          if (table !== 'services' || rows === 0) continue;
          first ??= at();
          if ((columns.requests[columns.service.indexOf('storefront')] ?? 0) > 0) resolve({ frame: first, traffic: at() });
        }
      });
    });
  } finally {
    socket.removeAllListeners('close').close();
  }
}

const runs = Number(process.argv[2] ?? 5);
if (!(Number.isInteger(runs) && runs > 0)) {
  console.error('usage: npm run bench start [runs]');
  process.exit(2);
}
console.log(`${machine()}; medians of ${runs}`);
const all: Marks[] = [];
for (let n = 0; n < runs; n++) all.push(await run());
const of = (mark: keyof Marks): number => median(all.map((marks) => marks[mark]));
printTable('after npm start', [
  { what: 'its table, with the addresses', value: milliseconds(of('table')) },
  { what: 'first frame with the shop', value: milliseconds(of('frame')), goal: `<= ${GOAL_MS} ms`, met: of('frame') <= GOAL_MS },
  { what: 'first frame with a request answered', value: milliseconds(of('traffic')) },
]);
