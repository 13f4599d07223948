/**
 * The whole stack on a Docker engine, in a compose project of its own: it starts as the README says, proves itself, loses nothing, stays small,
 * says which component is away, and ships logs both ways. SOAK_SECONDS (default 60) sets how long traffic is counted.
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../telemetry/root.ts';
import { LABELS, METRICS, SERVICES, SPAN_METRICS } from '../telemetry/signals.ts';
import { eventually } from '../telemetry/testing/wait.ts';
import { addresses } from './compose/addresses.ts';
import { otlpToken } from './compose/secret.ts';
import { stores } from './proof/stores.ts';
import { sendSpans } from './testing/sender.ts';

const SOAK_SECONDS = Number(process.env.SOAK_SECONDS ?? 60);
const env = { ...process.env, COMPOSE_PROJECT_NAME: 'sightline-test' };
const at = addresses();
const ask = stores(at);

function run(program: string, args: string[], more: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: ROOT,
    env: { ...env, ...more },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return { status, stdout, stderr };
}
const compose = (...args: string[]) => run('docker', ['compose', ...args]);

interface Verdict {
  ok: boolean;
  failedComponents: string[];
  visibleAfterSeconds: Record<string, number>;
  checks: { name: string; status: string; detail: string }[];
}
function verify(): Verdict & { status: number | null } {
  const { status, stdout, stderr } = run(process.execPath, ['stack/run.mjs', 'verify', '--json']);
  if (!stdout) throw new Error(`verify printed nothing and ended with ${status}: ${stderr}`);
  return { status, ...(JSON.parse(stdout) as Verdict) };
}

beforeAll(() => {
  compose('--profile', '*', 'down', '-v', '--remove-orphans');
});
afterAll(() => {
  compose('--profile', '*', 'down', '-v', '--remove-orphans');
});

describe('docker compose up --build', () => {
  it('ends well, prints the table and nothing of the noisy services', () => {
    const { status, stdout, stderr } = compose('up', '--build');
    expect(stderr + stdout).toContain('A real trace');
    expect(status).toBe(0);
    const foreign = stripVTControlCharacters(stdout)
      .split('\n')
      .filter((line) => / \| /.test(line) && !line.startsWith('welcome'));
    expect(foreign).toEqual([]);
  });

  it('leaves everything running, unprivileged, on loopback', () => {
    const ids = compose('ps', '-q').stdout.trim().split('\n');
    expect(ids.length).toBeGreaterThanOrEqual(12);
    for (const container of JSON.parse(run('docker', ['inspect', ...ids]).stdout)) {
      const { Config, HostConfig, NetworkSettings, Name } = container;
      expect(Config.User, Name).not.toMatch(/^(0|root)?(:|$)/);
      expect(HostConfig, Name).toMatchObject({ ReadonlyRootfs: true, Privileged: false, CapAdd: null });
      const bindings = Object.values(NetworkSettings.Ports).flatMap((list) => list ?? []) as { HostIp: string }[];
      for (const { HostIp } of bindings) expect(HostIp, Name).toBe('127.0.0.1');
    }
  });
});

describe('verify', () => {
  it('proves every link', () => {
    const { status, checks, visibleAfterSeconds } = verify();
    console.info('visible after', visibleAfterSeconds);
    expect(checks.filter((check) => check.status === 'failed')).toEqual([]);
    expect(checks.filter((check) => check.status === 'not run').map(({ name }) => name)).toEqual(
      runs('grafana') ? [] : ['grafana'],
    );
    expect(status).toBe(0);
  });

  it('does so without Node on the host', () => {
    const { status, stdout } = compose('run', '--rm', '-T', 'verify');
    expect(stdout).toContain('0 failed');
    expect(status).toBe(0);
  });
});

describe('traffic', () => {
  it(
    `of ${SOAK_SECONDS} s loses no trace and no log line`,
    async () => {
      const traceIds: string[] = [];
      const until = Date.now() + SOAK_SECONDS * 1000;
      while (Date.now() < until) {
        const response = await fetch(`${at.storefront}/api/products?page=${1 + (traceIds.length % 200)}`);
        expect(response.status).toBe(200);
        await response.arrayBuffer();
        traceIds.push(response.headers.get('traceresponse')?.split('-')[1] ?? 'none');
        await sleep(200);
      }
      // Memory while traffic still runs, before anything is stopped.
      const used = await megabytes();
      console.info(`${used.toFixed(0)} MiB in all containers but Grafana`);
      expect(used).toBeLessThan(900);
      compose('stop', 'traffic');
      const missing = async () => {
        const found = await Promise.all(traceIds.slice(-5).map((id) => ask.trace(id)));
        return found.some((spans) => spans.length === 0);
      };
      await eventually('the last traces', async () => !(await missing()), 20);
      let lost = 0;
      for (const id of traceIds) if ((await ask.trace(id)).length === 0) lost += 1;
      console.info(`${traceIds.length} traces asked for, ${lost} lost`);
      expect(lost).toBe(0);

      const written = async () => Number((await ask.query(`sum(${METRICS.logLines.name})`))[0]?.value[1]);
      const kept = async () =>
        Number((await ask.logMetric(`sum(count_over_time({service_name=~"${SERVICES.join('|')}"}[2h]))`))[0]?.value[1]);
      await eventually('as many lines in Loki as were written', async () => (await written()) === (await kept()), 30).catch(
        () => {},
      );
      console.info(`${await written()} lines written, ${await kept()} in Loki`);
      expect(await kept()).toBe(await written());

      const dropped = await ask.query(`sum(${METRICS.spansProcessed.name}{error_type!=""})`);
      expect(Number(dropped[0]?.value[1] ?? 0)).toBe(0);
      compose('start', 'traffic');
    },
    (SOAK_SECONDS + 240) * 1000,
  );
});

/** One of them, at the rules' own pace; `npm run test:drill` has all, and what they must not raise. */
describe('a fault', () => {
  const fault = (...args: string[]) => run(process.execPath, ['stack/run.mjs', 'fault', 'payment-errors', ...args]);

  it('is told of by its alert, first in Prometheus, then by Alertmanager, with a runbook that is there', async () => {
    const began = Date.now();
    expect(fault().status).toBe(0);
    await eventually(
      'the alert fires',
      async () =>
        (await ask.query(`ALERTS{alertname="ServiceErrors",${LABELS.service}="payments",alertstate="firing"}`)).length > 0,
      240,
    );
    const fired = Math.round((Date.now() - began) / 1000);
    const told = async () => {
      const filter = new URLSearchParams({ filter: 'alertname="ServiceErrors"' });
      const response = await fetch(`${at.alertmanager}/api/v2/alerts?${filter}`);
      return (await response.json()) as { labels: Record<string, string>; annotations: Record<string, string> }[];
    };
    await eventually(
      'Alertmanager has it',
      async () => (await told()).some(({ labels }) => labels[LABELS.service] === 'payments'),
      60,
    );
    console.info(`payment-errors: ServiceErrors fired after ${fired} s`);
    const [{ annotations = {} } = {}] = await told();
    expect(annotations.runbook_url).toContain('/runbooks/ServiceErrors');
    expect(fault('--off').status).toBe(0);
  }, 330_000);
});

describe('a component that is stopped', () => {
  const components = [
    'storefront',
    'orders',
    'inventory',
    'payments',
    'postgres',
    'database',
    'collector',
    'jaeger',
    'prometheus',
    'alertmanager',
    'loki',
    'live',
    'promtail',
    'traffic',
    ...(runs('grafana') ? ['grafana'] : []),
  ];

  it.each(components)('is named by verify: %s', (component) => {
    compose('stop', component);
    const broken = verify();
    // Ready before the next one stops, so that each is looked for in a stack that lacks it alone.
    expect(compose('up', '--detach', '--wait', '--no-deps', component).status).toBe(0);
    expect([broken.status, broken.failedComponents]).toEqual([1, expect.arrayContaining([component])]);
  });

  it('holds up nobody who sends, and nothing counts twice: the live view', async () => {
    const token = await otlpToken(env);
    compose('stop', 'live');
    // More at a time than the collector's queue to the live view lets go while each waits for a try.
    const answers = await sendSpans(at.collector, token, 'many-senders', 100, 20);
    expect(compose('up', '--detach', '--wait', '--no-deps', 'live').status).toBe(0);
    expect(answers.filter((status) => status !== 200)).toEqual([]);
    const counted = async () =>
      Number((await ask.query(`sum(${SPAN_METRICS.calls}{service_name="many-senders"})`))[0]?.value[1] ?? 0);
    await eventually('all are counted', async () => (await counted()) >= answers.length, 30);
    await sleep(6000);
    expect(await counted()).toBe(answers.length);
  });

  it('works again once it is back: verify holds after all of them', async () => {
    await eventually('verify holds', () => verify().status === 0, 180);
  });
});

describe('the switch away from Promtail', () => {
  it('ships the same lines by the collector: verify holds once it has read what the files already hold', async () => {
    expect(compose('rm', '--stop', '--force', 'promtail').status).toBe(0);
    expect(run('docker', ['compose', 'up', '-d', 'file-log'], { COMPOSE_PROFILES: 'file-log' }).status).toBe(0);
    let failed: Verdict['checks'] = [];
    const holds = () => {
      failed = verify().checks.filter(({ status }) => status === 'failed');
      return failed.length === 0;
    };
    await eventually('verify holds', holds, 120).catch(() => {});
    expect(failed).toEqual([]);
  });
});

/** Whether compose would start this service here. */
function runs(service: string): boolean {
  return compose('config', '--services').stdout.split('\n').includes(service);
}

/** Memory of all containers but Grafana, in MiB, as `docker stats` counts it: without the page cache that can be given back. */
function megabytes(): Promise<number> {
  const units: Record<string, number> = { KiB: 1 / 1024, MiB: 1, GiB: 1024 };
  return eventually('a reading of every container', () => {
    const readings = run('docker', [
      'stats',
      '--no-stream',
      '--format',
      '{{.Name}} {{.MemUsage}}',
      ...compose('ps', '-q').stdout.trim().split('\n'),
    ]).stdout;
    const used = readings
      .trim()
      .split('\n')
      .filter((line) => !line.includes('grafana'))
      .map((line) => {
        const [, value, unit = ''] = / ([\d.]+)([KMG]iB) /.exec(line) ?? [];
        return Number(value) * (units[unit] ?? Number.NaN);
      });
    // `docker stats` shows 0B for a container whose counters it has not read yet.
    return used.every((value) => value > 0) && used.reduce((sum, value) => sum + value, 0);
  });
}
