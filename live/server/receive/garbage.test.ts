import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { random } from '../testing/random.ts';
import { until } from '../testing/requests.ts';
import { run } from '../testing/running.ts';

const UPGRADE = 'host: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';

const REQUESTS = [
  `GET // HTTP/1.1\r\n${UPGRADE}`,
  `GET /stream HTTP/1.1\r\n${UPGRADE}`,
  'GET // HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET http://[ HTTP/1.1\r\nhost: x\r\n\r\n',
  'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nshort',
  'POST /v1/traces HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n',
  'GET /login?token=%ff&next=%ff HTTP/1.1\r\nhost: x\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame at all, and more of it',
  '\x16\x03\x01\x02\x00\x01\x00',
];

it('garbage on any port ends that connection and nothing else', async () => {
  const live = await run();
  const next = random(5);
  const noise = Array.from({ length: 50 }, () => Buffer.from(Array.from({ length: 200 }, () => Math.floor(next() * 256))));
  const ports = [live.url, live.otlp.http, live.otlp.grpc].map((url) => Number(new URL(url).port));
  let open = 0;
  for (const port of ports) {
    for (const bytes of [...REQUESTS, ...noise]) {
      const socket = connect(port, '127.0.0.1');
      open++;
      socket.on('error', () => undefined).on('close', () => open--);
      socket.resume();
      socket.write(bytes);
      socket.on('connect', () => setImmediate(() => (next() < 0.5 ? socket.end() : socket.resetAndDestroy())));
    }
  }
  await until(() => open === 0, 'every connection to end');
  expect(await (await fetch(`${live.url}/healthz`)).text()).toBe('ok\n');
  expect((await live.post('/v1/traces', '{}')).status).toBe(200);
  await live.close();
});
