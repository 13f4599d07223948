import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ROOT } from '../../telemetry/root.ts';
import { generate } from './generate.ts';

let root: string;
const said: string[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'generate-'));
  const files = ['.env', 'jaeger-ui.json', 'alertmanager.yml', 'prometheus-tls.yml', 'grafana-datasources-tls.yml'];
  for (const path of [...files, 'grafana-dashboards', 'prometheus-rules'])
    await cp(join(ROOT, path), join(root, path), { recursive: true });
  said.length = 0;
  for (const method of ['log', 'error'] as const) vi.spyOn(console, method).mockImplementation((line) => void said.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

it('the committed files are what the tables say', async () => {
  expect(await generate({ check: true, root: ROOT })).toBe(0);
  expect(said).toEqual([]);
});

it('a check names each file that differs or is missing, and changes none', async () => {
  await writeFile(join(root, 'jaeger-ui.json'), '{}');
  await rm(join(root, 'grafana-dashboards/shop.json'));
  expect(await generate({ check: true, root })).toBe(1);
  expect(said).toEqual([
    expect.stringMatching(/^grafana-dashboards\/shop.json is missing/),
    expect.stringMatching(/^jaeger-ui.json is not what/),
  ]);
  expect(await readFile(join(root, 'jaeger-ui.json'), 'utf8')).toBe('{}');
});

it('generating writes only what differs, after which a check passes', async () => {
  await writeFile(join(root, 'jaeger-ui.json'), '{}');
  expect(await generate({ check: false, root })).toBe(0);
  expect(said).toEqual(['jaeger-ui.json written']);
  expect(await generate({ check: true, root })).toBe(0);
});

it('links hold the ports of .env', async () => {
  const env = await readFile(join(root, '.env'), 'utf8');
  await writeFile(join(root, '.env'), env.replace(/^GRAFANA_PORT=.*$/m, 'GRAFANA_PORT=4999'));
  await generate({ check: false, root });
  expect(await readFile(join(root, 'jaeger-ui.json'), 'utf8')).toContain('http://localhost:4999/d/trace');
});

it('a port that is none is an error that names it', async () => {
  await writeFile(join(root, '.env'), 'GRAFANA_PORT=3000\nJAEGER_PORT=many\n');
  await expect(generate({ check: false, root })).rejects.toThrow('.env: JAEGER_PORT is "many"; give it a port number');
});
