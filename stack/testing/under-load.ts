import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { ROOT } from '../../telemetry/root.ts';
import { addresses } from '../compose/addresses.ts';
import { otlpToken, secret } from '../compose/secret.ts';
import { expected, type Found, look } from './ledger.ts';
import { Sender, type Sent, SPANS_A_TRACE } from './sender.ts';

/** The gateway's: one for each service in it. */
export const MESSAGES_A_TRACE = 2;
const at = addresses();

interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}
/** Not the synchronous one: the sender would stand still meanwhile. */
export const run = (program: string, args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(program, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
/** `docker compose` of the project that `up` began. */
export const compose = (...args: string[]) => run('docker', ['compose', ...args]);

/** Ends the project, and forgets all that the files name. */
export const down = () => compose('--profile', '*', 'down', '-v', '--remove-orphans');

/** Without a moment to put anything in order. */
export async function kill(id: string | undefined): Promise<void> {
  expect((await run('docker', ['kill', '--signal', 'KILL', id ?? 'none'])).status).toBe(0);
}
/** The containers of a service. */
export const ids = async (service: string) => (await compose('ps', '-q', service)).stdout.trim().split('\n').filter(Boolean);

let token = '';
/** Starts services of these files in a project of its own, from nothing. */
export async function up(files: string, ...args: string[]): Promise<void> {
  process.env.COMPOSE_PROJECT_NAME = 'sightline-scale-test';
  // By the files before, too: the volumes that only they name would stay.
  await down();
  process.env.COMPOSE_FILE = files;
  await down();
  const { status, stderr } = await compose('up', '-d', '--build', ...args);
  expect(stderr.slice(-2000) && status).toBe(0);
  token = await otlpToken();
  expect(token).toMatch(/^[\w-]{32}$/);
}

/** Live view: what came, and what of it had come before. */
async function live(): Promise<{ spans: number; twice: number }> {
  const key = await secret('LIVE_TOKEN_FILE', 'live', '/secrets/live/live_token');
  const text = await (await fetch(`${at.live}/metrics`, { headers: { authorization: `Bearer ${key}` } })).text();
  const count = (name: string) => {
    const found = text.matchAll(new RegExp(`^sightline_live_items_${name}_total{[^}]*signal="traces"[^}]*} (\\d+)`, 'gm'));
    return Array.from(found, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0);
  };
  return { spans: count('received') - count('duplicate'), twice: count('duplicate') };
}

const KAFKA_TOOL = `printf 'security.protocol=SASL_PLAINTEXT\\nsasl.mechanism=PLAIN\\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="%s";\\n' "$(cat /secrets/kafka/broker_password)" >/tmp/client; cd /opt/kafka/bin; `;
/** One of Kafka's own tools, in its container; `/tmp/client` says who asks. */
export const tool = (command: string) => compose('exec', '-T', 'kafka', 'bash', '-ec', KAFKA_TOOL + command);

/** Messages that a topic has taken since it was made. */
async function inKafka(): Promise<Record<string, number>> {
  const { stdout } = await tool(
    './kafka-get-offsets.sh --bootstrap-server kafka:9092 --command-config /tmp/client --time latest',
  );
  const topics = { spans: 0, metrics: 0, logs: 0 } as Record<string, number>;
  for (const [, topic = '', count] of stdout.matchAll(/^(spans|metrics|logs):\d+:(\d+)/gm))
    topics[topic] = (topics[topic] ?? 0) + Number(count);
  return topics;
}

export interface Row {
  name: string;
  sent: Sent;
  found: Found;
  live: { lost: number; twice: number };
  kafka?: Record<string, number>;
}
export const rows: Row[] = [];

/** Runs `fault` under load, waits until nothing more arrives, and adds the ledger to the table. `messages`: what else was put into each topic. */
export async function underLoad(name: string, kafka: boolean, fault: () => Promise<void>, padding = 0): Promise<Row> {
  const before = kafka ? await inKafka() : {};
  const shown = await live();
  const sender = new Sender(at.collector, token, `ledger-${name.toLowerCase().replace(/\W+/g, '-')}`, padding).start();
  await sleep(3000);
  await fault();
  await sleep(3000);
  const sent = await sender.stop();
  const found = await settled(sent, kafka);
  const after = await live();
  const spans = after.spans - shown.spans;
  const row: Row = {
    ...{ name, sent, found },
    // A live view that was killed begins anew: what it had shown is gone by design, and there is nothing to count.
    live: { lost: sent.traces.length * SPANS_A_TRACE - spans, twice: after.twice - shown.twice },
  };
  if (kafka)
    row.kafka = Object.fromEntries(
      Object.entries(await inKafka()).map(([topic, count]) => [topic, count - (before[topic] ?? 0)]),
    );
  rows.push(row);
  console.info(line(row));
  return row;
}

/** Asks until everything is there, or nothing has come for 20 s, for at most two minutes. */
async function settled(sent: Sent, points: boolean): Promise<Found> {
  const whole = expected(sent);
  let found = await look(at, sent);
  for (let quiet = 0, asked = 0; quiet < 4 && asked < 24; asked++) {
    const done = found.jaeger === whole.jaeger && found.loki >= whole.loki && (!points || found.points >= whole.points);
    if (done && found.calls >= whole.calls && found.edges >= whole.edges) break;
    await sleep(5000);
    const next = await look(at, sent);
    quiet = JSON.stringify(next) === JSON.stringify(found) ? quiet + 1 : 0;
    found = next;
  }
  return found;
}

const HEAD = [
  '| under load | acknowledged: traces, lines, points | sent again | in Kafka: traces, lines, points | Jaeger lacks | Loki lacks | Prometheus lacks | span metrics | service graph | live view lacks, twice |',
  '|---|---|---|---|---|---|---|---|---|---|',
].join('\n');
/** The table's row. */
function line({ name, sent, found, live, kafka }: Row): string {
  const whole = expected(sent);
  const more = (value: number) => (value > 0 ? `+${value}` : String(value));
  return `| ${[
    name,
    `${whole.jaeger}, ${whole.loki}, ${whole.points}`,
    sent.again,
    kafka ? `${Number(kafka.spans) / MESSAGES_A_TRACE}, ${kafka.logs}, ${kafka.metrics}` : '',
    whole.jaeger - found.jaeger,
    whole.loki - found.loki,
    kafka ? whole.points - found.points : '',
    `${more(found.calls - whole.calls)} of ${whole.calls}`,
    `${more(found.edges - whole.edges)} of ${whole.edges}`,
    `${live.lost}, ${live.twice}`,
  ].join(' | ')} |`;
}

/** What was measured so far, as Markdown. */
export const table = (): string => `${HEAD}\n${rows.map(line).join('\n')}`;
