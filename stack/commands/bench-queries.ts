import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine, median, milliseconds, percent, printTable, quantile } from '../../live/bench/print.ts';
import { panelQueries } from '../../monitoring/queries/queries.ts';
import { EVALUATION_INTERVAL, ruleFiles } from '../../monitoring/rule-files.ts';
import { seconds } from '../../monitoring/rules/burn.ts';
import { SLI_INTERVAL } from '../../monitoring/rules/slo-rules.ts';
import { SLO_SERIES } from '../../monitoring/rules/slo-series.ts';
import { ROOT } from '../../telemetry/root.ts';
import { addresses, browserAddresses, settings } from '../compose/addresses.ts';
import { stores, until } from '../proof/stores.ts';
import { type Seen, writeHistory } from './bench-history.ts';

// npm run bench queries: what a dashboard and the rules cost a Prometheus that has a day behind it, and of the promises' rates a month.

const DAY = 86_400;
const BLOCK = 7200;
/** As the shop is scraped, or nearly: every 3 to 5 s. */
const SCRAPE_SECONDS = Number(process.env.BENCH_SCRAPE_SECONDS ?? 5);
const DAYS = Number(process.env.BENCH_DAYS ?? 30);
const TURNS = 5;
const GOAL_MS = 50;
const GOAL_SHARE = 0.05;

interface Timed {
  what: string;
  ms: number;
}

async function run(): Promise<boolean> {
  const { PROMETHEUS_IMAGE: image = '' } = settings();
  const folder = mkdtempSync(join(tmpdir(), 'sightline-queries-'));
  const docker = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('docker', args, { cwd: ROOT, encoding: 'utf8' });
    if (status !== 0) throw new Error(`docker ${args[0]} failed: ${stderr.trim().split('\n').at(-1)}`);
    return stdout.trim();
  };
  let container: string | undefined;
  try {
    for (const name of ['text', 'data']) mkdirSync(join(folder, name));
    chmodSync(folder, 0o755);
    const end = Math.floor(Date.now() / 1000 / BLOCK) * BLOCK;
    const series = await seenNow();
    const rates = series.filter(({ labels }) => [SLO_SERIES.events, SLO_SERIES.errors].some((name) => labels.__name__ === name));
    await writeHistory(join(folder, 'text'), rates, { from: end - DAYS * DAY, to: end - DAY, step: seconds(SLI_INTERVAL) }, DAY);
    await writeHistory(join(folder, 'text'), series, { from: end - DAY, to: end, step: SCRAPE_SECONDS }, BLOCK);
    const user = ['--user', `${process.getuid?.()}:${process.getgid?.()}`];
    const volumes = ['-v', `${folder}:/bench`];
    const import_ =
      'for file in /bench/text/*; do promtool tsdb create-blocks-from openmetrics -q "$file" /bench/data; rm "$file"; done';
    docker('run', '--rm', '--network', 'none', ...user, ...volumes, '--entrypoint', '/bin/sh', image, '-ec', import_);
    writeFileSync(join(folder, 'prometheus.yml'), '{}');
    container = docker(
      ...['run', '-d', ...user, ...volumes, '-p', '127.0.0.1::9090', image, '--config.file=/bench/prometheus.yml'],
      ...['--storage.tsdb.path=/bench/data', '--storage.tsdb.retention.time=60d'],
    );
    const address = `http://${docker('port', container, '9090/tcp').split('\n')[0]}`;
    await until(
      60,
      () => 'the throwaway Prometheus does not start',
      async () => ((await fetch(`${address}/-/ready`)).ok ? true : undefined),
    );
    return await measure(address, end - SCRAPE_SECONDS, series.length);
  } finally {
    if (container) docker('rm', '-f', '-v', container);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The series that the stack has which runs here, of the metrics that somebody asks for: no invented names or labels. */
async function seenNow(): Promise<Seen[]> {
  const found = await stores(addresses(), 20_000).query('{__name__=~".+"}');
  if (found.length < 1000)
    throw new Error(`Prometheus here has ${found.length} series; start the stack first: docker compose up`);
  const asked = new Set(
    [...(await asPanels()).map(({ query }) => query), ...rulesOfAll().map(({ rule }) => rule.expr)].flatMap((text) =>
      text.split(/[^\w:]+/),
    ),
  );
  return found
    .filter(({ metric }) => asked.has(metric.__name__ ?? ''))
    .map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

async function asPanels() {
  const queries = await panelQueries({ traceId: '0'.repeat(32), span: { name: '', tags: {} } });
  return queries.flatMap((query) => (query.datasource === 'prometheus' ? [query] : []));
}

const rulesOfAll = () =>
  [...ruleFiles(browserAddresses()).values()].flatMap(({ groups }) =>
    groups.flatMap(({ name, interval = EVALUATION_INTERVAL, rules }) => rules.map((rule) => ({ group: name, interval, rule }))),
  );

async function measure(address: string, now: number, series: number): Promise<boolean> {
  const time = async (what: string, path: string, parameters: Record<string, string>): Promise<Timed> => {
    const times: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const began = performance.now();
      const answer = await fetch(`${address}/api/v1/${path}?${new URLSearchParams(parameters)}`);
      const text = await answer.text();
      times.push(performance.now() - began);
      if (answer.status !== 200) throw new Error(`${answer.status} for ${parameters.query}: ${text.slice(0, 200)}`);
    }
    return { what, ms: median(times) };
  };
  const panels: Timed[] = [];
  for (const query of await asPanels()) {
    const what = `${query.dashboard}: ${query.panel}`;
    const range = { query: query.query, start: String(now - 900), end: String(now) };
    if (query.kind === 'exemplars') panels.push(await time(what, 'query_exemplars', range));
    else if (query.kind === 'instant') panels.push(await time(what, 'query', { query: query.query, time: String(now) }));
    else panels.push(await time(what, 'query_range', { ...range, step: '15' }));
  }
  const rules: Timed[] = [];
  let share = 0;
  for (const { group, interval, rule } of rulesOfAll()) {
    const what = `${group}: ${'alert' in rule ? rule.alert : rule.record}`;
    const timed = await time(what, 'query', { query: rule.expr, time: String(now) });
    rules.push(timed);
    share += timed.ms / 1000 / seconds(interval);
  }
  const all = [...panels, ...rules].map(({ ms }) => ms);
  const p95 = quantile(all, 0.95);
  console.log(machine());
  printTable(`A day of ${series} series, a sample every ${SCRAPE_SECONDS} s, and ${DAYS} days of the promises' rates`, [
    {
      what: `${panels.length} queries of panels, p95`,
      value: milliseconds(
        quantile(
          panels.map(({ ms }) => ms),
          0.95,
        ),
      ),
    },
    {
      what: `${rules.length} expressions of rules, p95`,
      value: milliseconds(
        quantile(
          rules.map(({ ms }) => ms),
          0.95,
        ),
      ),
    },
    { what: 'all of them, p50', value: milliseconds(median(all)) },
    { what: 'all of them, p95', value: milliseconds(p95), goal: `${GOAL_MS} ms`, met: p95 <= GOAL_MS },
    {
      what: 'rules (bands of both windows), share of a core',
      value: percent(share),
      goal: percent(GOAL_SHARE),
      met: share < GOAL_SHARE,
    },
  ]);
  const slowest = [...panels, ...rules].sort((a, b) => b.ms - a.ms).slice(0, 8);
  printTable(
    'The slowest',
    slowest.map(({ what, ms }) => ({ what, value: milliseconds(ms) })),
  );
  return p95 <= GOAL_MS && share < GOAL_SHARE;
}

process.exitCode = await run().then(
  (met) => (met ? 0 : 1),
  (error) => {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  },
);
