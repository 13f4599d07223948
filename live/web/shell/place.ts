/** The page's state is its address: what a place is, and how it is written. */

/** Pages, their paths, and what else their address may say. `id` is the path's second part. */
export const PAGES = {
  now: { path: '/', title: 'Now', params: ['service', 'window'] },
  traces: {
    path: '/traces',
    title: 'Traces',
    params: ['service', 'operation', 'status', 'min', 'max', 'attribute', 'from', 'to'],
  },
  trace: {
    path: '/traces/',
    title: 'Trace',
    params: ['span', 'find', 'zoom', 'collapsed', 'critical', 'panel'],
  },
  logs: { path: '/logs', title: 'Logs', params: ['text', 'level', 'service', 'trace', 'until'] },
  metrics: { path: '/metric', title: 'Metrics', params: ['find', 'service', 'by', 'show', 'minutes', 'at'] },
  metric: { path: '/metric/', title: 'Metric', params: ['find', 'service', 'by', 'show', 'minutes', 'at'] },
  health: { path: '/health', title: 'Health', params: [] },
} as const satisfies Record<string, { path: string; title: string; params: readonly string[] }>;
export type PageName = keyof typeof PAGES;

export interface Place {
  page: PageName;
  /** A trace's id or a metric's name; '' on pages without. */
  id: string;
  /** What differs from the page's defaults; nothing is kept as ''. */
  params: Readonly<Record<string, string>>;
  /** The time zone named in the address, '' for the reader's own choice. */
  zone: string;
}

const ZONE = 'tz';

/** Reads an address; what no page knows leads to Now, unknown parameters are left out. */
export function readPlace(pathname: string, search: string): Place {
  const { page, id } = pageOf(pathname);
  const query = new URLSearchParams(search);
  const params: Record<string, string> = {};
  for (const name of PAGES[page].params) {
    const value = query.get(name);
    if (value) params[name] = value;
  }
  return { page, id, params, zone: query.get(ZONE) ?? '' };
}

/** The address of a place: the same place always gives the same text. */
export function placeHref({ page, id, params, zone }: Place): string {
  const query = new URLSearchParams();
  for (const name of PAGES[page].params) if (params[name]) query.set(name, params[name]);
  if (zone) query.set(ZONE, zone);
  const text = query.toString();
  return `${PAGES[page].path}${encodeURIComponent(id)}${text && `?${text}`}`;
}

function pageOf(pathname: string): { page: PageName; id: string } {
  const [, first = '', second = ''] = pathname.split('/');
  const exactly = Object.entries(PAGES).find(([, { path }]) => path === `/${first}`);
  const parent = Object.entries(PAGES).find(([, { path }]) => path === `/${first}/`);
  if (parent && second) return { page: parent[0] as PageName, id: decode(second) };
  return { page: (exactly?.[0] ?? 'now') as PageName, id: '' };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
