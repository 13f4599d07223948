/** The stack with docker-compose.tls.yml on a Docker engine: it proves itself, and what takes certificates takes nobody without. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JOBS_OVER_TLS } from '../monitoring/tls.ts';
import { ROOT } from '../telemetry/root.ts';
import { SERVICES } from '../telemetry/signals.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import { addresses } from './compose/addresses.ts';
import { stores } from './proof/stores.ts';

const COMPOSE_FILE = `${process.env.COMPOSE_FILE ?? 'docker-compose.yml'}:docker-compose.tls.yml`;
const env = { ...process.env, COMPOSE_PROJECT_NAME: 'sightline-tls', COMPOSE_FILE };
const run = (program: string, ...args: string[]) =>
  spawnSync(program, args, { cwd: ROOT, env, encoding: 'utf8', maxBuffer: 1 << 26 });
const compose = (...args: string[]) => run('docker', 'compose', ...args);
const down = () => compose('--profile', '*', 'down', '-v', '--remove-orphans');

/** Whatever takes certificates, as host:port inside the network. */
const SERVERS = [
  ...SERVICES.map((service) => `${service}:9464`),
  ...['prober:9464', 'collector:4317', 'collector:4318', 'collector:4328', 'collector:8889', 'jaeger:4317', 'jaeger:16686'],
  ...['prometheus:9090', 'alertmanager:9093', 'live:4317', 'live:4318', 'live:4319'],
];

/** In the container `pages`: what each server says to a caller without TLS, to one without a certificate, and to one that has its own. */
const ASK = `
const { connect: plain } = require('node:net');
const { connect } = require('node:tls');
const read = (name) => require('node:fs').readFileSync('/certificates/pages/' + name);
const outcome = (socket) => new Promise((resolve) => {
  let text = '';
  socket.on('data', (part) => (text += part));
  for (const event of ['error', 'close']) socket.on(event, () => resolve(text || 'refused'));
  setTimeout(() => { resolve(text || 'let in'); socket.destroy(); }, 2000);
});
const ask = async (server) => {
  const [host, port] = server.split(':');
  const tls = { host, port, servername: host, ca: read('ca.crt'), ALPNProtocols: ['h2', 'http/1.1'] };
  const bare = plain({ host, port });
  bare.write('GET / HTTP/1.0\\r\\n\\r\\n');
  const certificate = { cert: read('tls.crt'), key: read('tls.key') };
  return { server, plain: await outcome(bare), without: await outcome(connect(tls)), own: await outcome(connect({ ...tls, ...certificate })) };
};
Promise.all(process.argv.slice(1).map(ask)).then((answers) => console.log(JSON.stringify(answers)));
`;

beforeAll(() => {
  down();
  const { status, stdout, stderr } = compose('up', '--build');
  expect(status, stdout + stderr).toBe(0);
});
afterAll(() => {
  down();
});

describe('docker-compose.tls.yml', () => {
  it('proves every link, from inside the network and from this host', () => {
    for (const { status, stdout } of [compose('run', '--rm', '-T', 'verify'), run(process.execPath, 'stack/run.mjs', 'verify')]) {
      expect(stdout).toContain('0 failed');
      expect(status, stdout).toBe(0);
    }
  });

  it('lets nobody in without a certificate', () => {
    const { stdout, stderr } = compose('exec', '-T', 'pages', 'node', '-e', ASK, '--', ...SERVERS);
    const answers = JSON.parse(stdout || stderr) as { server: string; plain: string; without: string; own: string }[];
    expect(answers.map(({ server }) => server)).toEqual(SERVERS);
    for (const { server, plain, without, own } of answers) {
      // Go's servers answer a caller without TLS, and say what it lacks.
      expect(plain, server).toMatch(/^refused$|HTTP request to an HTTPS server|^[^ -~]/);
      expect(without, server).toBe('refused');
      expect(own, server).not.toBe('refused');
    }
  });

  it('has Prometheus scrape over TLS what can be', async () => {
    const ask = stores(addresses());
    const targets = await eventually('all targets are up', async () => {
      const found = await ask.targets();
      return found.length > 0 && found.every(({ up }) => up) && found;
    });
    for (const job of JOBS_OVER_TLS) expect(targets.map((target) => target.job)).toContain(job);
  });
});
