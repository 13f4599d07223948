import { fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { ROOT } from '../root.ts';
import { type Arrived, httpSink, type Sink } from './sink.ts';
import { eventually } from './wait.ts';

/** Sampled at a ratio of a half, and not, by the SDK's rule. */
export const LOW = '00000001000000000000000000000000';
export const HIGH = 'ffffffff000000000000000000000000';
export const B3 = '00000002000000000000000000000000';

export interface Span {
  name: string;
  kind: number;
  traceId: string;
  attributes: { key: string; value: { stringValue?: string } }[];
  events: { attributes: unknown[] }[];
  links: { attributes: unknown[] }[];
}

/** What became of two requests to a process, of which it was then told to end. */
export interface Got {
  /** Requests for spans. */
  sent: Arrived[];
  all: Arrived[];
  output: string;
  /** When the first request went out. */
  asked: number;
  spans: Span[];
  resource: Record<string, string | undefined>;
}

export interface Run {
  env: Record<string, string>;
  sink?: () => Promise<Sink>;
  /** What is waited for before the process is told to end; without it, that the last span is there. */
  until?: (got: Got) => boolean;
  /** By variable. */
  effects: Record<string, (got: Got, usual: Got) => void>;
}

/** Starts the service with the variables, asks it twice, and ends it. `$sink` in a variable stands for the receiver's address. */
export async function run({ env, sink: open = httpSink, until = arrivedAll }: Run): Promise<Got> {
  const sink = await open();
  const given = Object.entries(env).map(([name, value]) => [name, value.replace('$sink', sink.endpoint)]);
  const child = fork(join(import.meta.dirname, 'variables-service.mjs'), {
    execArgv: ['--import', join(ROOT, 'dist', 'telemetry', 'register.js')],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, ...Object.fromEntries(given) },
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
  const gather = (): Got => {
    const sent = sink.arrived.filter(({ path }) => !/^\/v1\/(logs|metrics)$/.test(path));
    const json = sent.filter(({ headers }) => headers['content-type'] === 'application/json');
    const attributes: Span['attributes'] = json[0] ? JSON.parse(String(json[0].body)).resourceSpans[0].resource.attributes : [];
    const resource = Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
    return { sent, all: sink.arrived, output: String(Buffer.concat(output)), asked, spans: json.flatMap(spansOf), resource };
  };
  let asked = 0;
  try {
    const [port] = await once(child, 'message');
    asked = Date.now();
    await ask(port, '/first', HIGH);
    await ask(port, '/last', LOW);
    await eventually(`what ${Object.keys(env)} is to bring`, () => until(gather()), 40);
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
    return gather();
  } finally {
    child.kill('SIGKILL');
    sink.close();
  }
}

const arrivedAll = ({ sent }: Got) => sent.some(({ body }) => body.includes('last'));

function ask(port: number, path: string, traceId: string): Promise<void> {
  const headers = {
    traceparent: `00-${traceId}-00000000000000ff-01`,
    b3: `${B3}-00000000000000ff-1`,
    connection: 'close',
  };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (response) => response.resume().on('close', resolve))
      .on('error', reject)
      .end();
  });
}

/** Of a request in JSON. */
export function spansOf({ body }: Arrived): Span[] {
  const { resourceSpans } = JSON.parse(String(body)) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}
