import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { bindError, freePorts } from './free-ports.ts';

it('never gives a port twice, though nobody listens on it yet', async () => {
  const ports = (await Promise.all(Array.from({ length: 60 }, () => freePorts(9)))).flat();
  expect(new Set(ports).size).toBe(540);
  expect(await Promise.all(ports.map(bindError))).toEqual(ports.map(() => undefined));
});

it('gives none that is spoken for', async () => {
  const lower = Array.from({ length: 12_000 }, (_, i) => 10_000 + i);
  for (const port of await freePorts(15, lower)) expect(port).toBeGreaterThanOrEqual(22_000);
});

it('says why a port cannot be had', async () => {
  const [port = 0] = await freePorts(1);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await bindError(port)).toBe('EADDRINUSE');
  server.close();
});
