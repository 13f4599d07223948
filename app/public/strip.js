/**
 * The strip of clicks. Every request of the page goes through `ask`, which shows what was sent, how it ended, and where to follow its trace.
 */

/** Longer than the storefront may take for a checkout with all its attempts. */
const TIMEOUT_MS = 20_000;
const CLICKS_KEPT = 10;
const START_IT = 'Is the shop running? Start it with "docker compose up" or "npm start".';

export const element = (id) => document.getElementById(id);

// Requests

/**
 * Sends one request and shows it in the strip.
 * @param {{label: string, method?: string, path: string, headers?: object, body?: object}} request
 * @param {(answer: object) => string} success what a 2xx means, in words
 * @returns the answer: status (0 without one), ok, body, traceId, milliseconds, retryAfter (seconds), text; and `act` to add buttons and text to it.
 */
export async function ask(request, success) {
  const show = openClick(request);
  const { method = 'GET', path, headers, body } = request;
  const started = performance.now();
  const answer = await exchange(path, { method, headers, body: body && JSON.stringify(body) });
  answer.milliseconds = performance.now() - started;
  answer.text = answer.ok ? success(answer) : failure(answer);
  return { ...answer, act: show(answer) };
}

async function exchange(path, options) {
  try {
    const response = await fetch(path, { ...options, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { status, ok, headers } = response;
    const traceId = /^00-([0-9a-f]{32})-/.exec(headers.get('traceresponse') ?? '')?.[1];
    const body = await response.json().catch(() => undefined);
    return { status, ok: ok && body !== undefined, body, traceId, retryAfter: Number(headers.get('retry-after')) || 0 };
  } catch (error) {
    return { status: 0, ok: false, retryAfter: 0, late: error.name === 'TimeoutError' };
  }
}

function failure({ status, body, late }) {
  if (late) return `No answer within ${TIMEOUT_MS / 1000} s. ${START_IT}`;
  if (status === 0) return `No answer. ${START_IT}`;
  if (!body?.error) return `An answer that is none of the shop's. Is something else listening at ${location.host}?`;
  return body.reason ? `${body.reason[0].toUpperCase()}${body.reason.slice(1)}.` : `The shop says ${body.error}.`;
}

// The strip

/** Puts a click into the strip as waiting. Returns the function that shows its answer, which returns one that adds buttons and text. */
function openClick({ label, method = 'GET', path, headers = {}, body }) {
  const click = element('click-template').content.cloneNode(true).firstElementChild;
  const part = (name) => click.querySelector(name);
  part('h3').textContent = label;
  const lines = [`${method} ${path}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  part('pre').append(lines.join('\n'), body ? `\n\n${JSON.stringify(body, null, 2)}` : '');
  const former = element('latest').querySelector('.click');
  if (former) element('earlier-clicks').prepend(former);
  element('earlier').hidden = !former;
  for (const old of [...element('earlier-clicks').children].slice(CLICKS_KEPT - 1)) old.remove();
  element('latest').replaceChildren(click);
  element('latest').parentElement.scrollTop = 0;

  return ({ status, text, traceId, milliseconds }) => {
    part('.status').textContent = status === 0 ? 'no answer' : status;
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

// Where the links go: a tool that does not run has no address, and its links are not shown.

/** @type {{jaegerUrl?: string, grafanaUrl?: string, liveUrl?: string}} */
let tools = {};

function traceLinks(traceId) {
  const { jaegerUrl, grafanaUrl, liveUrl } = tools;
  const query = { refId: 'A', datasource: { type: 'loki', uid: 'loki' }, queryType: 'range' };
  const expr = `{service_name=~".+"} | trace_id="${traceId}"`;
  const pane = { datasource: 'loki', queries: [{ ...query, expr }], range: { from: 'now-1h', to: 'now' } };
  return [
    liveUrl && ['Live view', `${liveUrl}/traces/${traceId}`],
    jaegerUrl && ['Jaeger trace', `${jaegerUrl}/trace/${traceId}`],
    grafanaUrl && ['Grafana trace', `${grafanaUrl}/d/trace?var-traceId=${traceId}&from=now-1h&to=now`],
    grafanaUrl && ['Logs', `${grafanaUrl}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify({ lok: pane }))}`],
  ].filter(Boolean);
}

export async function showTools() {
  tools = await fetch('/config.json').then(
    (response) => response.json(),
    () => ({}),
  );
  const { grafanaUrl, jaegerUrl, liveUrl } = tools;
  const known = [
    ['Live view', liveUrl],
    ['Grafana', grafanaUrl],
    ['Jaeger', jaegerUrl],
  ].filter(([, url]) => url);
  element('tools').replaceChildren(...known.map(([text, url]) => link(text, url)));
  element('tools').hidden = known.length === 0;
  element('hint').hidden = !(grafanaUrl || jaegerUrl || liveUrl);
}

function link(text, href) {
  const a = Object.assign(document.createElement('a'), { href, target: '_blank', rel: 'noopener' });
  a.append(text);
  return a;
}
