/** Room proof: `npm run verify` and the checks that prove each link. */
import { parseArgs } from 'node:util';
import { budgets } from './budgets.ts';
import { LINKS, SIGNALS } from './checks.ts';
import { type Check, COMPONENTS, NotRun } from './components.ts';
import { type Context, createContext } from './context.ts';
import { withTiers } from './kafka.ts';
import { panelChecks } from './panels.ts';
import { alertMeasures } from './rules.ts';
import { ComponentError } from './stores.ts';

export interface Result {
  name: string;
  status: 'ok' | 'failed' | 'not run';
  /** Seconds it took. */
  seconds: number;
  /** What was seen, or what is wrong. */
  detail: string;
  /** For a failure: the component that is to blame, where it is known; several with `, ` between them. */
  component?: string;
}

/**
 * `npm run verify [-- --json]`: makes a checkout and proves that each of its signals arrived and leads to the others.
 * Returns 0 when all that ran held, 1 when something did not.
 */
export async function verify(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
  const context = createContext();
  const print = values.json ? () => {} : (result: Result) => process.stdout.write(`${line(result)}\n`);
  const results = await runStages(
    await withTiers(context, [COMPONENTS, SIGNALS, LINKS, [...panelChecks(), alertMeasures, budgets]]),
    context,
    print,
  );
  const failed = results.filter(({ status }) => status === 'failed');
  const components = [...new Set(failed.flatMap(({ component }) => component?.split(', ') ?? []))];
  if (values.json)
    process.stdout.write(
      `${JSON.stringify({ ok: failed.length === 0, failedComponents: components, visibleAfterSeconds: context.visible, checks: results }, null, 2)}\n`,
    );
  else process.stdout.write(`${summary(results, components, context)}\n`);
  return failed.length === 0 ? 0 : 1;
}

/** Runs stage after stage, the checks of a stage at once, and reports them in their order. */
export async function runStages(stages: Check[][], context: Context, report: (result: Result) => void): Promise<Result[]> {
  const results: Result[] = [];
  for (const stage of stages) {
    const away = new Set(
      results
        .filter(({ status }) => status === 'failed')
        .flatMap(({ name, component }) => [name, ...(component?.split(', ') ?? [])]),
    );
    for (const pending of stage.map((check) => runCheck(check, context, away))) {
      const result = await pending;
      results.push(result);
      report(result);
    }
  }
  return results;
}

async function runCheck(check: Check, context: Context, away: Set<string>): Promise<Result> {
  const started = performance.now();
  const result = (status: Result['status'], detail: string, component?: string): Result => ({
    name: check.name,
    status,
    seconds: Math.round(performance.now() - started) / 1000,
    detail,
    ...(component && { component }),
  });
  const missing = check.needs.filter((need) => away.has(need));
  if (missing.length > 0) return result('not run', `needs ${missing.join(', ')}`);
  try {
    return result('ok', await check.run(context, check.seconds));
  } catch (error) {
    if (error instanceof NotRun) return result('not run', error.message);
    const message = error instanceof Error ? error.message : String(error);
    return result('failed', message, error instanceof ComponentError ? error.component : /^([a-z]+)[: ]/.exec(message)?.[1]);
  }
}

const COLOURS = { ok: 32, failed: 31, 'not run': 33 };

function line({ name, status, seconds, detail }: Result): string {
  const coloured = process.stdout.isTTY && !process.env.NO_COLOR;
  const label = status.padEnd(7);
  return `${coloured ? `\x1b[${COLOURS[status]}m${label}\x1b[0m` : label}  ${name.padEnd(20)} ${seconds.toFixed(1).padStart(5)} s  ${detail}`;
}

function summary(results: Result[], components: string[], { visible }: Context): string {
  const count = (status: Result['status']) => results.filter((result) => result.status === status).length;
  const times = Object.entries(visible).map(([signal, seconds]) => `${signal} ${seconds.toFixed(1)} s`);
  const lines = [
    `\nvisible after the checkout: ${times.join(', ') || 'nothing'}`,
    `${count('ok')} ok, ${count('failed')} failed, ${count('not run')} not run`,
  ];
  if (components.length > 0)
    lines.push(`look at: ${components.join(', ')} (docker compose ps; docker compose logs ${components.join(' ')})`);
  return lines.join('\n');
}
