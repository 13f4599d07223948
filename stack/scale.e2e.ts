/**
 * What is lost, and what comes twice, when parts of the pipeline are killed under load: once with Kafka between two tiers of collectors, once with
 * the one collector. A sender that knows what was acknowledged, a ledger that asks every place what it has, and a table at the end.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expected } from './testing/ledger.ts';
import {
  compose,
  down,
  ids,
  kill,
  MESSAGES_A_TRACE,
  type Row,
  rows,
  run,
  table,
  tool,
  underLoad,
  up,
} from './testing/under-load.ts';

const WORKER_KILLS = Number(process.env.WORKER_KILLS ?? 50);
const AWAY_SECONDS = Number(process.env.AWAY_SECONDS ?? 60);
const BASE = process.env.COMPOSE_FILE ?? 'docker-compose.yml';
const PATHS = ['jaeger', 'loki', 'live', 'prometheus'];
const produce = (topic: string) =>
  `echo 'not protobuf' | ./kafka-console-producer.sh --bootstrap-server kafka:9092 --producer.config /tmp/client --topic ${topic}`;

/** Whatever was killed: what was acknowledged is in Kafka, in Loki and in Prometheus. */
function nothingLost({ sent, found, kafka }: Row): void {
  const whole = expected(sent);
  expect(sent.lost).toBe(0);
  expect(found.loki).toBe(whole.loki);
  if (!kafka) return;
  expect(found.points).toBe(whole.points);
  expect(kafka.spans).toBeGreaterThanOrEqual(whole.jaeger * MESSAGES_A_TRACE);
  expect(kafka.logs).toBeGreaterThanOrEqual(whole.loki);
  expect(kafka.metrics).toBeGreaterThanOrEqual(whole.points);
}
/** And Jaeger has every trace, where no sampler was killed. */
function noTraceLost(row: Row): void {
  nothingLost(row);
  expect(row.found.jaeger).toBe(row.sent.traces.length);
}

afterAll(async () => {
  await down();
  console.info(table());
});

describe('two tiers with Kafka between them', () => {
  beforeAll(async () => {
    await up(`${BASE}:docker-compose.kafka.yml`, '--scale', 'worker=3', 'collector', 'kafka', 'topics', 'worker', ...PATHS);
    await underLoad('warm-up', true, () => sleep(10_000));
    rows.length = 0;
  });

  it('lose nothing and count nothing twice while all is well', async () => {
    const row = await underLoad('nothing', true, () => sleep(15_000));
    noTraceLost(row);
    expect(row.found).toEqual(expected(row.sent));
    expect(row.live).toEqual({ lost: 0, twice: 0 });
  });

  it(`lose no line and no point when a worker is killed, ${WORKER_KILLS} times`, async () => {
    const row = await underLoad(`worker killed ${WORKER_KILLS} times`, true, async () => {
      for (let count = 0; count < WORKER_KILLS; count++) {
        const workers = await ids('worker');
        const victim = workers[count % workers.length] ?? '';
        await kill(victim);
        await sleep(2000);
        await run('docker', ['start', victim]);
        await sleep(2500);
      }
    });
    nothingLost(row);
  });

  it('lose nothing when the gateway is killed', async () => {
    noTraceLost(
      await underLoad('gateway killed 5 times', true, async () => {
        for (let count = 0; count < 5; count++) {
          await kill((await ids('collector'))[0]);
          await sleep(1000);
          await compose('start', 'collector');
          await sleep(4000);
        }
      }),
    );
  });

  it('lose nothing when Kafka is killed', async () => {
    noTraceLost(
      await underLoad('Kafka killed twice', true, async () => {
        for (let count = 0; count < 2; count++) {
          await kill((await ids('kafka'))[0]);
          await sleep(5000);
          await compose('start', 'kafka');
          await sleep(15_000);
        }
      }),
    );
  });

  it(`lose nothing while Jaeger and Loki are away for ${AWAY_SECONDS} s, and hold up nobody else`, async () => {
    const row = await underLoad(`Jaeger and Loki away for ${AWAY_SECONDS} s`, true, async () => {
      await compose('stop', '-t', '1', 'jaeger', 'loki');
      await sleep(AWAY_SECONDS * 1000);
      await compose('start', 'jaeger', 'loki');
    });
    noTraceLost(row);
    expect(row.live.lost).toBe(0);
  });

  it('lose no line and no point when the workers become one, and three again', async () => {
    const row = await underLoad('workers 3 to 1 to 3', true, async () => {
      for (const count of [1, 3]) {
        await compose('up', '-d', '--no-recreate', '--scale', `worker=${count}`, 'worker');
        await sleep(10_000);
      }
    });
    nothingLost(row);
  });

  it('pass over a message that nobody can read, and say so', async () => {
    const row = await underLoad('a poison message in each topic', true, async () => {
      for (const topic of ['spans', 'metrics', 'logs']) expect((await tool(produce(topic))).status).toBe(0);
    });
    noTraceLost(row);
    expect((await compose('logs', 'worker')).stdout).toContain(
      'failed to consume message, skipping due to message_marking config',
    );
  });

  it('refuse what a full disk has no room for, and say so', async () => {
    const small = join(mkdtempSync(join(tmpdir(), 'scale-')), 'small.yml');
    writeFileSync(
      small,
      'services:\n  collector:\n    volumes: !override\n      - ./otel-collector-config.yml:/etc/otelcol-contrib/config.yaml:ro\n      - ./kafka-gateway.yml:/etc/otelcol-contrib/pipelines.yaml:ro\n      - secrets:/secrets:ro\n      - /proc:/hostfs/proc:ro\n      - /sys:/hostfs/sys:ro\n    tmpfs: ["/var/lib/otelcol:uid=10001,gid=10001,size=4m"]\n',
    );
    process.env.COMPOSE_FILE += `:${small}`;
    await compose('up', '-d', '--no-deps', 'collector');
    await sleep(3000);
    const row = await underLoad(
      'Kafka away until the disk of the queue is full',
      true,
      async () => {
        await compose('stop', '-t', '1', 'kafka');
        await sleep(30_000);
        await compose('start', 'kafka');
      },
      5000,
    );
    expect(row.sent.again).toBeGreaterThan(0);
    expect((await compose('logs', 'collector')).stdout).toContain('no space left on device');
    // No promise: docs/scale.md says what was seen.
    expect(row.found.jaeger).toBeGreaterThan(0);
  });
});

describe('one collector', () => {
  beforeAll(async () => {
    await up(BASE, 'collector', ...PATHS);
    await underLoad('warm-up', false, () => sleep(10_000));
    rows.pop();
  });

  it.each(['collector', 'jaeger', 'loki', 'live'])('lose no line when %s is killed', async (service) => {
    const row = await underLoad(`one collector: ${service} killed 5 times`, false, async () => {
      for (let count = 0; count < 5; count++) {
        await kill((await ids(service))[0]);
        await sleep(1000);
        await compose('start', service);
        await sleep(4000);
      }
    });
    nothingLost(row);
    if (service !== 'collector' && service !== 'jaeger') noTraceLost(row);
  });
});
