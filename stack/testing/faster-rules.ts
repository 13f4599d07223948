import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { EVALUATION_INTERVAL, RULES_FOLDER } from '../../monitoring/rule-files.ts';
import { seconds } from '../../monitoring/rules/burn.ts';
import type { Group } from '../../monitoring/rules/rule.ts';
import { SLI_INTERVAL } from '../../monitoring/rules/slo-rules.ts';
import { ROOT } from '../../telemetry/root.ts';

/**
 * How many times faster each file's time runs: a promise's budget burns for hours, what other alerts measure is seen in minutes. The bands of what is
 * usual learn from minutes as it is.
 */
export const SPEEDS = { 'slos.yml': 30, 'alerts.yml': 6 } as const;
/** A rate needs two samples, and the slowest scrape is every 5 s: outside the promises no window becomes shorter. */
const SHORTEST_SECONDS = 15;

/**
 * Writes the rules, with every window, offset, `for`, `keep_firing_for` and interval divided by its file's speed, and a compose file that mounts
 * them, into `folder`; returns that file. Thresholds stay as they are. Prometheus is told to forget on request, too.
 */
export function fasterRules(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const [file, speed] of Object.entries(SPEEDS)) {
    const { groups } = parse(readFileSync(join(ROOT, RULES_FOLDER, file), 'utf8')) as { groups: Group[] };
    writeFileSync(join(folder, file), stringify({ groups: groups.map((group) => faster(group, speed)) }));
  }
  const volumes = Object.keys(SPEEDS).map((file) => `${join(folder, file)}:/etc/prometheus/rules/${file}:ro`);
  const { services } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true });
  const command = [...services.prometheus.command, '--web.enable-admin-api'];
  const overlay = join(folder, 'compose.yml');
  writeFileSync(overlay, stringify({ services: { prometheus: { command, volumes } } }));
  return overlay;
}

function faster({ name, interval = EVALUATION_INTERVAL, rules }: Group, speed: number): Group {
  const shorter = (duration: string, shortest = 0) =>
    `${Math.round(1000 * Math.max(seconds(duration) / speed, Math.min(shortest, seconds(duration))))}ms`;
  // A promise's long windows count the samples of its short one: all of them shrink alike.
  const shortest = name.startsWith('slo-') ? 0 : SHORTEST_SECONDS;
  const expression = (text: string) =>
    text
      .replace(/\[(\d+[smhd])\]/g, (_, window: string) => `[${shorter(window, shortest)}]`)
      .replace(/offset (\d+[smhd])/g, (_, offset: string) => `offset ${shorter(offset)}`)
      .replaceAll(` * ${seconds(SLI_INTERVAL)} > `, ` * ${seconds(SLI_INTERVAL) / speed} > `);
  return {
    name,
    interval: shorter(interval, 1),
    rules: rules.map((rule) => ({
      ...rule,
      expr: expression(rule.expr),
      ...('alert' in rule && { for: shorter(rule.for), keep_firing_for: shorter(rule.keep_firing_for ?? '0s') }),
    })),
  };
}
