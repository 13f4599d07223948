import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../../telemetry/root.ts';
import { batch } from '../../bench/batches.ts';
import { StampedBatch } from '../../bench/stamped.ts';
import { SIGNALS, type Signal } from '../store/ledger.ts';
import { until } from '../testing/requests.ts';

const MEBIBYTE = 2 ** 20;
const KEY = 'secret-of-app';
const { live } = (parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')) as { services: { live: Service } }).services;

interface Service {
  mem_limit: string;
  environment: Record<string, string>;
}

/** Only Linux tells what a process has had at most. */
describe.skipIf(!existsSync('/proc/self/status'))('the whole process, as it runs in its container', () => {
  const limit = Number.parseInt(live.mem_limit, 10) * MEBIBYTE;
  let child: ChildProcess;
  let otlp = '';
  let page = '';

  beforeAll(async () => {
    const ports = { LIVE_GRPC_PORT: '0', LIVE_HTTP_PORT: '0', LIVE_PAGE_PORT: '0' };
    const env = { ...process.env, NODE_OPTIONS: live.environment.NODE_OPTIONS, LIVE_KEYS: `app ${KEY}`, ...ports };
    child = spawn(process.execPath, [join(ROOT, 'dist/live/server/serve.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [, pageUrl = '', otlpUrl = ''] = await until(
      () => /live view +(http:\/\/[^/]+)[\s\S]*gRPC\), (http:\S+) \(HTTP\)/.exec(said) ?? undefined,
      'the addresses',
    );
    [page, otlp] = [pageUrl, otlpUrl];
  });
  afterAll(async () => {
    if (child.exitCode !== null) return;
    child.kill();
    await once(child, 'exit');
  });

  const peakBytes = (): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024;

  async function post(signal: Signal, body: Uint8Array | string): Promise<number> {
    const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf';
    const response = await fetch(`${otlp}/v1/${signal}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : Buffer.from(body),
      headers: { authorization: `Bearer ${KEY}`, 'content-type': type },
    });
    await response.arrayBuffer();
    return response.status;
  }

  const held = async () => {
    const response = await fetch(`${page}/api/ledger`, { headers: { authorization: `Bearer ${KEY}` } });
    const { signals } = (await response.json()) as {
      signals: { signal: Signal; received: number; held: number; evicted: number; rejected: number; duplicate: number }[];
    };
    return Object.fromEntries(signals.map((one) => [one.signal, one])) as Record<Signal, (typeof signals)[number]>;
  };

  it('stays below its limit with all rings full, while the largest requests come as fast as they are taken', async () => {
    const services = Array.from({ length: 20 }, (_, n) => `service-${n}`);
    const spans = services.map((service) => new StampedBatch(service, 500));
    const bodies = {
      metrics: services.map((service) => batch('metrics', 500, service)),
      logs: services.map((service) => batch('logs', 500, service)),
    };
    for (const signal of SIGNALS) {
      // Full, and half as much again.
      for (let sent = 0, enough = Number.POSITIVE_INFINITY; sent < enough; sent++) {
        const at = sent % services.length;
        spans[at]?.stamp(Date.now());
        expect(await post(signal, signal === 'traces' ? (spans[at] as StampedBatch).body : (bodies[signal][at] as Buffer))).toBe(
          200,
        );
        if (enough === Number.POSITIVE_INFINITY && at === 0 && (await held())[signal].evicted > 0) enough = sent * 1.5;
      }
    }
    const full = peakBytes();
    const empty = '{},'.repeat(5 * MEBIBYTE);
    const large = [
      `{"unknown":[${empty}0]}`,
      `{"resourceSpans":[{"scopeSpans":[{"spans":[${empty.slice(0, MEBIBYTE)}0]}]}]}`,
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${'{},'.repeat(400_000)}{}]}]}]}`,
      Buffer.concat(Array(60).fill(batch('logs', 2000, 'large'))),
      Buffer.alloc(60 * MEBIBYTE, '['),
    ];
    await Promise.all(large.map(async (body) => expect([200, 400, 413, 503]).toContain(await post('logs', body))));
    const all = await held();
    for (const signal of SIGNALS) {
      const { received, held: there, evicted, rejected, duplicate } = all[signal];
      expect([signal, evicted > 0, received]).toEqual([signal, true, there + evicted + rejected + duplicate]);
    }
    console.log(
      `resident at most: ${Math.round(full / MEBIBYTE)} MiB full, ${Math.round(peakBytes() / MEBIBYTE)} MiB with the largest requests`,
    );
    expect(peakBytes()).toBeLessThan(limit);
  }, 240_000);
});
