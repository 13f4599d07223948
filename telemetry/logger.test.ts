import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { eventually } from './testing/wait.ts';

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'sightline-test-'));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true });
});

function linesOf(directory: string, file = ''): Record<string, unknown>[] {
  const files = file ? [file] : readdirSync(directory);
  return files
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n').filter(Boolean))
    .map((line) => JSON.parse(line));
}

describe('the logger', () => {
  it('writes time, level name and service, and masks what is personal wherever it stands', async () => {
    const directory = folder();
    const logger = await createLogger({ service: 'orders', directory });
    logger.warn(
      { customer: { contact: 'jane@example.com' }, err: new Error('card 4242424242424242 refused') },
      'told joe@example.com',
    );
    const [line] = await eventually('the line', () => linesOf(directory).length > 0 && linesOf(directory));
    expect(line).toMatchObject({ level: 'warn', service: 'orders', msg: 'told ****', customer: { contact: '****' } });
    expect(line?.time).toBe(new Date(String(line?.time)).toISOString());
    expect(JSON.stringify(line)).not.toMatch(/jane|joe|4242424242424242/);
  });

  it('counts the lines it writes, and only those', async () => {
    const { logLines: lines, registry } = createMetrics();
    const logger = await createLogger({ service: 'orders', lines, level: 'info' });
    logger.info('one');
    logger.child({ part: 'x' }).error('two');
    logger.debug('not written');
    const values = ((await registry.getSingleMetric('log_lines_total')?.get())?.values ?? []).map(({ labels, value }) => [
      labels.level,
      value,
    ]);
    expect(values.sort()).toEqual([
      ['error', 1],
      ['info', 1],
    ]);
  });

  it('rotates without losing, doubling or splitting a line, and leaves other services alone', async () => {
    const directory = folder();
    const other = await createLogger({ service: 'inventory', directory });
    other.info('still here');
    const logger = await createLogger({ service: 'orders', directory });
    const filler = 'x'.repeat(2000);
    const onDisk = (count: number) => eventually(`${count} lines`, () => linesOf(directory).length === count + 1);
    // 11 MB are beyond one file's 10 MB; what comes after them belongs to the next file.
    for (let i = 0; i < 5500; i++) logger.info({ i, filler }, 'line');
    await onDisk(5500);
    for (let i = 5500; i < 6000; i++) logger.info({ i, filler }, 'line');
    await onDisk(6000);
    expect(readdirSync(directory).sort()).toEqual(['inventory.1.log', 'orders.1.log', 'orders.2.log']);
    const seen = readdirSync(directory)
      .filter((name) => name.startsWith('orders'))
      .flatMap((name) => linesOf(directory, name).map(({ i }) => i));
    expect(new Set(seen).size).toBe(6000);
  });

  it('ships to Loki itself where it is told to, with the labels and metadata of the other way', async () => {
    const pushed: { streams: { stream: Record<string, string>; values: [string, string, Record<string, string>?][] }[] }[] = [];
    const loki = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      pushed.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => loki.listen(0, '127.0.0.1', resolve));
    const logger = await createLogger({ service: 'orders', lokiUrl: `http://127.0.0.1:${(loki.address() as AddressInfo).port}` });
    logger.error('told joe@example.com');
    await eventually('the push', () => pushed.length > 0);
    const [stream] = pushed[0]?.streams ?? [];
    expect(stream?.stream).toMatchObject({ service_name: 'orders', level: 'error' });
    expect(stream?.values[0]?.[1]).toContain('told ****');
    expect(Number(stream?.values[0]?.[0]) / 1e6).toBeGreaterThan(Date.now() - 60_000);
    loki.closeAllConnections();
    loki.close();
  });
});
