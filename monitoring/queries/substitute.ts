/**
 * Fills in Grafana's variables, `$name` and `${name}`. `$1` and the like stay: they are PromQL's own references to a group.
 * Throws when a variable has no value, naming it.
 */
export function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{([\w.]+)\}|\$(\w+)/g, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    if (/^\d+$/.test(name)) return whole;
    const value = values[name];
    if (value === undefined) throw new Error(`Grafana's variable ${whole} has no value here; in: ${text}`);
    return value;
  });
}

/** Expands a text of a provisioning file as Grafana does: `$NAME` and `${NAME}` from the environment, `$$` a plain `$`. */
export function expand(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text
    .split('$$')
    .map((part) => part.replace(/\$\{(\w+)\}|\$(\w+)/g, (_, braced?: string, bare?: string) => env[braced ?? bare ?? ''] ?? ''))
    .join('$');
}
