/** Links to the other tools that show the same data; the server knows their addresses. */

const NAMES: Record<string, string> = { jaeger: 'Jaeger', grafana: 'Grafana', prometheus: 'Prometheus', shop: 'Shop' };

export interface ToolLink {
  name: string;
  href: string;
}

/**
 * Links whose placeholders (`{traceId}`, `{service}`) are exactly those given: a trace's page links to what shows traces, and Now to what shows the
 * whole.
 */
export function toolLinks(
  links: Readonly<Record<string, string>> | undefined,
  fill: Readonly<Record<string, string>>,
): ToolLink[] {
  const given = Object.keys(fill).sort().join();
  return Object.entries(links ?? {})
    .filter(([, address]) => [...new Set(placeholders(address))].sort().join() === given)
    .map(([tool, address]) => ({
      name: NAMES[tool] ?? tool,
      href: placeholders(address).reduce(
        (text, name) => text.replace(`{${name}}`, encodeURIComponent(fill[name] ?? '')),
        address,
      ),
    }));
}

const placeholders = (address: string): string[] => [...address.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
