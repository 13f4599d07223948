/** The page's state is its address: what a place is, and how it is written. */

type Signal = 'traces' | 'metrics' | 'logs';

interface PageRow {
  path: string;
  title: string;
  /** What else its address may say. */
  params: readonly string[];
  /** Its name in the bar, for pages that are there. */
  tab?: string;
  /** The page whose tab it belongs to. */
  under?: string;
  /** What it shows of a chosen interval, or what it shows instead of one. */
  interval: Signal | { instead: string };
}

/**
 * Every page: a new one is a row here, and its component a line in app.tsx, which does not compile without it. A path that ends in `/` has a second
 * part: the `id` of what is shown. Tabs and their number keys are in the order of the rows.
 */
export const PAGES = {
  now: { path: '/', title: 'Now', tab: 'Now', params: ['service', 'window'], interval: 'traces' },
  traces: {
    path: '/traces',
    title: 'Traces',
    tab: 'Traces',
    params: ['service', 'operation', 'status', 'min', 'max', 'attribute'],
    interval: 'traces',
  },
  trace: {
    path: '/traces/',
    title: 'Trace',
    under: 'traces',
    params: ['span', 'find', 'zoom', 'collapsed', 'critical', 'panel'],
    interval: { instead: 'A trace is shown whole.' },
  },
  logs: { path: '/logs', title: 'Logs', tab: 'Logs', params: ['text', 'level', 'service', 'trace', 'until'], interval: 'logs' },
  metrics: {
    path: '/metric',
    title: 'Metrics',
    tab: 'Metrics',
    params: ['find', 'service', 'by', 'show', 'minutes', 'at'],
    interval: 'metrics',
  },
  metric: {
    path: '/metric/',
    title: 'Metric',
    under: 'metrics',
    params: ['find', 'service', 'by', 'show', 'minutes', 'at'],
    interval: 'metrics',
  },
  database: { path: '/database', title: 'Database', tab: 'Database', params: ['sort', 'find'], interval: 'metrics' },
  statement: { path: '/database/', title: 'Statement', under: 'database', params: [], interval: 'metrics' },
  health: {
    path: '/health',
    title: 'Health',
    tab: 'Health',
    params: [],
    interval: { instead: 'Health shows now: no past of it is kept.' },
  },
} as const satisfies Record<string, PageRow>;
export type PageName = keyof typeof PAGES;

/** A page's row, with what only some rows have. */
export const pageRow = (page: PageName): PageRow => PAGES[page];

/** The pages of the bar. */
export const TABS = (Object.keys(PAGES) as PageName[]).filter((page) => pageRow(page).tab !== undefined);

export interface Place {
  page: PageName;
  /** A trace's id or a metric's name; '' on pages without. */
  id: string;
  /** What differs from the page's defaults; nothing is kept as ''. */
  params: Readonly<Record<string, string>>;
  /** The time zone named in the address, '' for the reader's own choice. */
  zone: string;
  /** Both ends of the chosen interval; '' and '' for live. Every page keeps them, so that the next one shows the same time. */
  from: string;
  to: string;
}

const ZONE = 'tz';
const FROM = 'from';
const TO = 'to';

/** Reads an address; what no page knows leads to Now, unknown parameters are left out. */
export function readPlace(pathname: string, search: string): Place {
  const { page, id } = pageOf(pathname);
  const query = new URLSearchParams(search);
  const params: Record<string, string> = {};
  for (const name of PAGES[page].params) {
    const value = query.get(name);
    if (value) params[name] = value;
  }
  return { page, id, params, zone: query.get(ZONE) ?? '', from: query.get(FROM) ?? '', to: query.get(TO) ?? '' };
}

/** The address of a place: the same place always gives the same text. */
export function placeHref({ page, id, params, zone, from, to }: Place): string {
  const query = new URLSearchParams();
  for (const name of PAGES[page].params) if (params[name]) query.set(name, params[name]);
  for (const [name, value] of [
    [FROM, from],
    [TO, to],
    [ZONE, zone],
  ] as const)
    if (value) query.set(name, value);
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
