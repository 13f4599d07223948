/**
 * The strip of clicks. Every request of the page goes through `ask`, which shows what was sent, how it ended, and where to follow its trace.
 */
import type { Click } from '../../telemetry/signals.ts';
import type { ClickSpan } from './tracing.ts';

/** Longer than the storefront may take for a checkout with all its attempts. */
const TIMEOUT_MS = 20_000;
const CLICKS_KEPT = 10;
const START_IT = 'Is the shop running? Start it with "docker compose up" or "npm start".';

export const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

// Requests

export interface Request {
  click: Click;
  /** What the strip calls it. */
  label: string;
  method?: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: object;
}

/** What the shop's API answers where it does not answer what was asked for. */
interface Refusal {
  error?: string;
  reason?: string;
}

interface Exchange<T> {
  /** 0 without an answer. */
  status: number;
  ok: boolean;
  body?: T & Refusal;
  traceId?: string;
  /** Seconds; 0 where it does not matter. */
  retryAfter: number;
  /** It took too long. */
  late?: boolean;
}

interface Shown {
  status: number;
  text: string;
  traceId?: string;
  milliseconds: number;
}

export type Answer<T> = Exchange<T> & Shown & { act: Act };
/** Adds buttons and text to a click. */
type Act = (...nodes: (Node | string)[]) => void;

/** Opens the span of a click; until the tracing is loaded there is none, and a trace begins at the storefront. */
let startClick: ((click: Click) => ClickSpan) | undefined;

/** Sends one request and shows it in the strip. `success` says in words what a 2xx means. */
export async function ask<T>(request: Request, success: (body: T) => string): Promise<Answer<T>> {
  const span = startClick?.(request.click);
  const show = openClick(request);
  const { method = 'GET', path, headers, body } = request;
  const started = performance.now();
  const send = () => exchange<T>(path, { method, headers, body: body && JSON.stringify(body) });
  const answer = await (span ? span.run(send) : send());
  const milliseconds = performance.now() - started;
  const text = answer.ok && answer.body ? success(answer.body) : failure(answer);
  const shown = { ...answer, traceId: span?.traceId ?? answer.traceId, milliseconds, text };
  const act = show(shown);
  span?.end(answer.status);
  return { ...shown, act };
}

async function exchange<T>(path: string, options: RequestInit): Promise<Exchange<T>> {
  try {
    const response = await fetch(path, { ...options, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { status, ok, headers } = response;
    const traceId = /^00-([0-9a-f]{32})-/.exec(headers.get('traceresponse') ?? '')?.[1];
    const body = (await response.json().catch(() => undefined)) as Exchange<T>['body'];
    return { status, ok: ok && body !== undefined, body, traceId, retryAfter: Number(headers.get('retry-after')) || 0 };
  } catch (error) {
    return { status: 0, ok: false, retryAfter: 0, late: error instanceof DOMException && error.name === 'TimeoutError' };
  }
}

function failure({ status, body, late }: Exchange<unknown>): string {
  if (late) return `No answer within ${TIMEOUT_MS / 1000} s. ${START_IT}`;
  if (status === 0) return `No answer. ${START_IT}`;
  if (!body?.error) return `An answer that is none of the shop's. Is something else listening at ${location.host}?`;
  return body.reason ? `${body.reason.charAt(0).toUpperCase()}${body.reason.slice(1)}.` : `The shop says ${body.error}.`;
}

// The strip

/** Puts a click into the strip as waiting. Returns the function that shows its answer, which returns one that adds buttons and text. */
function openClick({ label, method = 'GET', path, headers = {}, body }: Request): (shown: Shown) => Act {
  const click = copyOf('click-template');
  const part = partsOf(click);
  part('h3').textContent = label;
  const lines = [`${method} ${path}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  part('pre').append(lines.join('\n'), body ? `\n\n${JSON.stringify(body, null, 2)}` : '');
  const former = element('latest').querySelector('.click');
  if (former) element('earlier-clicks').prepend(former);
  element('earlier').hidden = !former;
  for (const old of [...element('earlier-clicks').children].slice(CLICKS_KEPT - 1)) old.remove();
  element('latest').replaceChildren(click);
  element('latest').parentElement?.scrollTo({ top: 0 });

  return ({ status, text, traceId, milliseconds }) => {
    part('.status').textContent = status === 0 ? 'no answer' : String(status);
    part('.status').dataset.kind = status === 0 || status >= 500 ? 'error' : status >= 400 ? 'refused' : 'good';
    part('.duration').textContent = `${Math.round(milliseconds).toLocaleString('en')} ms`;
    part('.outcome').textContent = text;
    part('.trace code').textContent = traceId ?? '';
    if (!traceId && status !== 0) part('.trace').textContent = 'No trace id in the answer: is the shop instrumented?';
    part('.trace').hidden = status === 0;
    part('.outcome').hidden = false;
    part('.links').replaceChildren(...(traceId ? traceLinks(traceId).map(([name, url]) => link(name, url)) : []));
    part('.links').hidden = part('.links').childElementCount === 0;
    element('announcement').textContent = `${label}: ${text}`;
    return (...nodes) => {
      part('.actions').append(...nodes);
      part('.actions').hidden = false;
    };
  };
}

/** What a template holds. */
export const copyOf = (template: string) =>
  (element<HTMLTemplateElement>(template).content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;

/** Finds what the template is known to hold. */
export const partsOf = (whole: HTMLElement) => (selector: string) => whole.querySelector(selector) as HTMLElement;

// Where the links go: a tool that does not run has no address, and its links are not shown.

interface Tools {
  jaegerUrl?: string;
  grafanaUrl?: string;
  liveUrl?: string;
  /** Whether the storefront takes the page's spans. */
  tracing?: boolean;
}
let tools: Tools = {};

type Link = [text: string, url: string];
const known = (links: (Link | '' | undefined)[]) => links.filter((one) => one !== undefined && one !== '');

function traceLinks(traceId: string): Link[] {
  const { jaegerUrl, grafanaUrl, liveUrl } = tools;
  const query = { refId: 'A', datasource: { type: 'loki', uid: 'loki' }, queryType: 'range' };
  const expr = `{service_name=~".+"} | trace_id="${traceId}"`;
  const pane = { datasource: 'loki', queries: [{ ...query, expr }], range: { from: 'now-1h', to: 'now' } };
  return known([
    liveUrl && ['Live view', `${liveUrl}/traces/${traceId}`],
    jaegerUrl && ['Jaeger trace', `${jaegerUrl}/trace/${traceId}`],
    grafanaUrl && ['Grafana trace', `${grafanaUrl}/d/trace?var-traceId=${traceId}&from=now-1h&to=now`],
    grafanaUrl && ['Logs', `${grafanaUrl}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify({ lok: pane }))}`],
  ]);
}

export async function showTools(): Promise<void> {
  tools = await fetch('/config.json').then(
    (response) => response.json() as Promise<Tools>,
    () => ({}),
  );
  const { grafanaUrl, jaegerUrl, liveUrl } = tools;
  const links = known([
    liveUrl && ['Live view', liveUrl],
    grafanaUrl && ['Grafana', grafanaUrl],
    jaegerUrl && ['Jaeger', jaegerUrl],
  ]);
  element('tools').replaceChildren(...links.map(([text, url]) => link(text, url)));
  element('tools').hidden = links.length === 0;
  element('hint').hidden = links.length === 0;
}

/** Clicks begin traces from now on; where nobody takes the spans, or the file cannot be had, the page does without. */
export async function traceClicks(): Promise<void> {
  if (!tools.tracing) return;
  const loaded = await import('./tracing.ts').catch(() => undefined);
  startClick = loaded?.startTracing();
}

function link(text: string, href: string): HTMLAnchorElement {
  const a = Object.assign(document.createElement('a'), { href, target: '_blank', rel: 'noopener' });
  a.append(text);
  return a;
}
