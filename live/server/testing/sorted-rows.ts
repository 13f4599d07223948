/** Rows as text without their order, which depends on how they were batched. */
export function sortedRows(data: object): string[] {
  const rows: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (Array.isArray(node)) for (const one of node) walk(one, path);
    else if (typeof node === 'object' && node !== null) {
      const { resource, scope, spans, logRecords, metrics, ...rest } = node as Record<string, unknown>;
      const within = `${path}${JSON.stringify(resource ?? '')}${JSON.stringify(scope ?? '')}`;
      const items = spans ?? logRecords ?? metrics;
      if (Array.isArray(items)) for (const item of items) rows.push(within + JSON.stringify(item));
      else for (const value of Object.values(rest)) walk(value, within);
    }
  };
  walk(data, '');
  return rows.sort();
}
