import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ROOT } from './root.ts';
import { type Receiver, startReceiver } from './testing/receiver.ts';
import { eventually } from './testing/wait.ts';

const running: { child?: ChildProcess; receiver?: Receiver }[] = [];

afterEach(async () => {
  for (const { child, receiver } of running.splice(0)) {
    child?.kill('SIGKILL');
    await receiver?.close();
  }
});

/** Starts a foreign service under the preload, as its documentation says. */
async function start(file: string, env: Record<string, string>) {
  const child = fork(join(import.meta.dirname, 'testing', file), {
    execArgv: ['--import', join(ROOT, 'dist', 'telemetry', 'register.js')],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH: process.env.PATH, ...env },
  });
  running.push({ child });
  const output = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output.err += chunk;
  });
  const [port] = await once(child, 'message');
  return { child, output, get: (path: string) => fetch(`http://127.0.0.1:${port}${path}`).then((response) => response.text()) };
}

/** Spans of requests that came in; Express' own ones, one for each handler, are below them. */
const served = ({ spans }: Receiver) => spans.filter(({ kind }) => kind === 2);

async function receive(): Promise<Receiver> {
  const receiver = await startReceiver();
  running.push({ receiver });
  return receiver;
}

describe.each(['esm-service.mjs', 'cjs-service.cjs'])('a foreign service (%s)', (file) => {
  it('sends a server span per request with its route, its name and the token, and writes the trace id into its logs', async () => {
    const receiver = await receive();
    const folder = mkdtempSync(join(tmpdir(), 'sightline-test-'));
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'secret-token\n');
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTLP_TOKEN_FILE: tokenFile,
      OTEL_SERVICE_NAME: 'things',
      OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=foreign,service.version=1.2.3',
    };
    const { get, output } = await start(file, env);
    rmSync(folder, { recursive: true });
    await get('/things/7');
    await eventually('a span arrives', () => served(receiver).length > 0);
    expect(served(receiver).map(({ name }) => name)).toEqual(['GET /things/:id']);
    const [span] = served(receiver);
    expect(span?.attributes).toMatchObject({
      'http.route': '/things/:id',
      'http.request.method': 'GET',
      'http.response.status_code': 200,
    });
    expect(span?.resource).toMatchObject({
      'service.name': 'things',
      'service.version': '1.2.3',
      'service.namespace': 'foreign',
    });
    expect(span?.resource['service.instance.id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(receiver.authorizations).toEqual(['Bearer secret-token']);
    expect(JSON.parse(output.out.trim())).toMatchObject({
      msg: 'thing asked for',
      trace_id: span?.traceId,
      // Of the handler that wrote it.
      span_id: receiver.spans.find(({ parentSpanId }) => parentSpanId === span?.spanId)?.spanId,
    });
  });

  it('names the route within mounted routers by their patterns, and none where no route answered', async () => {
    const receiver = await receive();
    const { get } = await start(file, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
    for (const path of ['/shops/a/things/1', '/shops/b', '/shops/b/broken', '/shops/b/other', '/nothing']) await get(path);
    await eventually('the spans arrive', () => served(receiver).length === 5);
    const [thing, shop, broken, ...unmatched] = served(receiver).map(({ name }) => name);
    expect([thing, shop, broken]).toEqual(['GET /shops/:shop/things/:id', 'GET /shops/:shop', 'GET /shops/:shop/broken']);
    // Within a mount where no route answered, the instrumentation names the mount.
    expect(unmatched).toEqual(['GET /shops/:shop', 'GET']);
  });

  it('makes no span for a health check', async () => {
    const receiver = await receive();
    const { get } = await start(file, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
    await get('/health');
    await get('/things/1');
    await eventually('a span arrives', () => served(receiver).length > 0);
    expect(served(receiver).map(({ name }) => name)).toEqual(['GET /things/:id']);
  });

  it('sends its last spans when it is told to end, and ends by that signal', async () => {
    const receiver = await receive();
    const { child, get } = await start(file, {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '60000',
    });
    await get('/things/1');
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([null, 'SIGTERM']);
    expect(served(receiver)).toHaveLength(1);
  });

  it('ends within two seconds when the collector accepts connections and never answers', async () => {
    const receiver = await receive();
    receiver.answer('hang');
    const { child, get } = await start(file, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
    await get('/things/1');
    const exited = once(child, 'exit').then(() => true);
    child.kill('SIGTERM');
    // The bound is what is promised, so here a time is the behaviour.
    expect(await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 2000, 'still running'))])).toBe(true);
  });
});

describe('a collector that is away', () => {
  it('is told of once, and its return with the number of spans lost', async () => {
    const receiver = await receive();
    receiver.answer(401);
    const { get, output } = await start('esm-service.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
    for (let i = 0; i < 3; i++) {
      const before = receiver.authorizations.length;
      await get('/things/1');
      await eventually('a batch was refused', () => receiver.authorizations.length > before);
    }
    await eventually('the warning', () => output.err.includes('no spans delivered'));
    receiver.answer(200);
    await get('/things/1');
    await eventually('the all-clear', () => output.err.includes('again; 6 were lost'));
    expect(output.err.trim().split('\n')).toHaveLength(2);
    expect(output.err).toContain(receiver.endpoint);
  });
});

describe('without an endpoint', () => {
  it('prints one line per request', async () => {
    const { get, output } = await start('esm-service.mjs', {});
    await get('/things/1');
    await eventually('the line', () =>
      /^\d\d:\d\d:\d\d\.\d{3} GET \/things\/:id 200 [\d.]+ ms trace=[0-9a-f]{32}$/m.test(output.out),
    );
  });

  it('refuses to start with an instrumentation that does not exist, and says which', async () => {
    const child = fork(join(import.meta.dirname, 'testing', 'esm-service.mjs'), {
      execArgv: ['--import', join(ROOT, 'dist', 'telemetry', 'register.js')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,nonsense' },
    });
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(said).toMatch(/^telemetry: .*instrumentation-nonsense" not found; correct or leave out the name.*\n$/);
  });
});
