import { BUDGETS, LABEL_VALUES } from '../../monitoring/budgets.ts';
import type { Sample } from './answers.ts';
import type { Check } from './components.ts';
import { SHOWN } from './panels.ts';
import { fail, type Stores, until } from './stores.ts';

/** What telemetry costs, against the limits of monitoring/budgets.ts. */
export const budgets: Check = {
  name: 'budgets of telemetry',
  needs: SHOWN,
  seconds: 30,
  run: async ({ stores }, seconds) => {
    const beyond: string[] = [];
    const most: string[] = [];
    for (const { what, measure, per, most: limit, because } of BUDGETS) {
      const found = await until(
        seconds,
        () => `prometheus: nothing to measure for ${what}: ${measure}`,
        async () => {
          const all = (await stores.query(measure)).filter(({ metric, value }) => value[1] !== 'NaN' && (!per || metric[per]));
          return all.length > 0 ? all : undefined;
        },
      );
      most.push(`${Math.max(...found.map(({ value }) => Number(value[1]))).toFixed(0)} ${what}`);
      for (const { metric, value } of found.filter((one) => Number(one.value[1]) > limit)) {
        const name = per && metric[per];
        const which = name ? ` (${name}${await grown(stores, `{${per}="${name}"}`)})` : '';
        beyond.push(`${what}${which}: ${Number(value[1]).toFixed(0)}, at most ${limit}. ${because}`);
      }
    }
    for (const { name, value } of await stores.labelSizes()) {
      const limit = LABEL_VALUES.others[name] ?? LABEL_VALUES.most;
      if (value > limit) beyond.push(`values of the label ${name}: ${value}, at most ${limit}. ${LABEL_VALUES.because}`);
    }
    if (beyond.length > 0) fail('prometheus', beyond.join('; '));
    return most.join(', ');
  },
};

/** The label that has the most values among these series, in words. */
async function grown(stores: Stores, selector: string): Promise<string> {
  const largest = mostValues(await stores.query(selector));
  return largest ? `: its label ${largest.label} has ${largest.values} values, e.g. ${largest.example}` : '';
}

export function mostValues(series: readonly Sample[]): { label: string; values: number; example: string } | undefined {
  const values = new Map<string, Set<string>>();
  for (const { metric } of series)
    for (const [label, value] of Object.entries(metric)) values.set(label, (values.get(label) ?? new Set()).add(value));
  const [found] = [...values].filter(([label]) => label !== '__name__').sort(([, a], [, b]) => b.size - a.size);
  return found && { label: found[0], values: found[1].size, example: [...found[1]].at(-1) ?? '' };
}
