import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../app/local/free-ports.ts';
import { newId, traces, until } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';

const IMAGE = /^COLLECTOR_IMAGE=(.+)$/m.exec(readFileSync(new URL('../../../.env', import.meta.url), 'utf8'))?.[1] ?? '';
const hasCollector = spawnSync('docker', ['image', 'inspect', IMAGE], { stdio: 'ignore' }).status === 0;
const hasZstd = 'createZstdDecompress' in zlib;

const NAME = `live-codings-${process.pid}`;
/** By exporter, and whether what it sends is taken. */
const SENT: [string, string, boolean][] = [
  ['otlp_http', 'none', true],
  ['otlp_http', 'gzip', true],
  ['otlp_http', 'zlib', true],
  ['otlp_http', 'deflate', true],
  ['otlp_http', 'zstd', hasZstd],
  ['otlp_http', 'snappy', false],
  ['otlp_grpc', 'none', true],
  ['otlp_grpc', 'gzip', true],
  ['otlp_grpc', 'zstd', hasZstd],
  ['otlp_grpc', 'snappy', false],
];

describe.skipIf(!hasCollector)(`the Collector's exporters (skipped without Docker and ${IMAGE})`, () => {
  let live: Running;
  let collector: ChildProcess;
  let output = '';
  const receivers: Record<string, string> = {};

  beforeAll(async () => {
    live = await run({ keys: 'app secret-of-app' });
    const ports = await freePorts(SENT.length);
    const config = { receivers: {}, exporters: {}, pipelines: {} } as Record<string, Record<string, unknown>>;
    for (const [n, [exporter, compression]] of SENT.entries()) {
      const name = `${exporter}/${compression}`;
      receivers[name] = `http://127.0.0.1:${ports[n]}`;
      Object.assign(config.receivers ?? {}, { [`otlp/${n}`]: { protocols: { http: { endpoint: `127.0.0.1:${ports[n]}` } } } });
      Object.assign(config.exporters ?? {}, {
        [name]: {
          endpoint: exporter === 'otlp_http' ? live.otlp.http : live.otlp.grpc,
          compression,
          tls: { insecure: true },
          headers: { authorization: 'Bearer secret-of-app' },
        },
      });
      Object.assign(config.pipelines ?? {}, { [`traces/${n}`]: { receivers: [`otlp/${n}`], exporters: [name] } });
    }
    const { pipelines, ...rest } = config;
    const yaml = JSON.stringify({ ...rest, service: { telemetry: { metrics: { level: 'none' } }, pipelines } });
    collector = spawn('docker', ['run', '--rm', '--name', NAME, '--network', 'host', IMAGE, `--config=yaml:${yaml}`]);
    collector.stdout?.on('data', (chunk: Buffer) => (output += chunk));
    collector.stderr?.on('data', (chunk: Buffer) => (output += chunk));
    await until(() => output.includes('Everything is ready') || collector.exitCode !== null, 'the Collector');
    expect(output).toContain('Everything is ready');
  });
  afterAll(async () => {
    spawnSync('docker', ['rm', '--force', NAME], { stdio: 'ignore' });
    await live.close();
  });

  it.each(SENT)('%s with compression %s: taken %s, and if not, told what is', async (exporter, compression, taken) => {
    const trace = newId(32);
    const name = `${exporter}/${compression}`;
    const body = traces('through the Collector', [{ trace, attributes: { text: 'to be packed '.repeat(200) } }]);
    const headers = { 'content-type': 'application/x-protobuf' };
    await fetch(`${receivers[name]}/v1/traces`, { method: 'POST', body: Buffer.from(body), headers });
    if (taken) {
      await until(async () => (await live.get(`/api/traces/${trace}`)).status === 200, 'the trace');
    } else {
      const line = await until(
        () => output.split('\n').find((one) => one.includes(name) && one.includes('Exporting failed')),
        'its log',
      );
      expect(line).toContain(`encoding ${compression}`);
      expect(line).toContain('send one of gzip, deflate, zlib');
    }
  });
});
