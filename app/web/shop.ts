/** The shop's page: products, search, pages, Buy. Served under `default-src 'self'`, so nothing is inline. */
import type { Click } from '../../telemetry/signals.ts';
import { type Answer, ask, copyOf, element, partsOf, showTools, traceClicks } from './strip.ts';

interface Product {
  id: number;
  name: string;
  description: string;
  priceCents: number;
  stock: number;
}
interface Products {
  products: Product[];
  total: number;
  pageSize: number;
}
interface Order {
  id: string;
  status: string;
  totalCents: number;
  items: object[];
  createdAt: string;
}
interface Place {
  search: string;
  page: number;
}

const EMAIL = 'visitor@example.com';
const CARDS = {
  accepted: { number: '4242424242424242', expiry: '12/40', cvc: '123' },
  declined: { number: '4000000000000002', expiry: '12/40', cvc: '123' },
};

const euros = (cents: number) => new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' }).format(cents / 100);
const count = (number: number, noun: string) => `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;

const where = (): Place => {
  const query = new URLSearchParams(location.search);
  return { search: query.get('search') ?? '', page: Math.max(1, Number.parseInt(query.get('page') ?? '1', 10) || 1) };
};

function go(click: Click, { search, page }: Place = { search: '', page: 1 }): Promise<void> {
  const query = new URLSearchParams({ ...(search && { search }), ...(page > 1 && { page: String(page) }) });
  history.pushState(null, '', `?${query}`);
  return showProducts(click, page > 1 ? `Page ${page}` : search ? `Search "${search}"` : 'All products');
}

let latestList = 0;

async function showProducts(click: Click, label: string): Promise<void> {
  const mine = ++latestList;
  const { search, page } = where();
  element<HTMLInputElement>('search').value = search;
  element('products').setAttribute('aria-busy', 'true');
  if (element('products').childElementCount === 0) say('Loading the products.');
  const path = `/api/products?${new URLSearchParams({ search, page: String(page) })}`;
  const answer = await ask<Products>({ click, label, path }, ({ total }) => count(total, 'product'));
  if (mine !== latestList) return; // another list was asked for meanwhile
  element('products').removeAttribute('aria-busy');
  const { products, total, pageSize } = (answer.ok && answer.body) || NO_PRODUCTS;
  element('products').replaceChildren(...products.map(productCard));
  showPages(page, Math.ceil(total / pageSize));
  say(...verdict(answer, click, label));
}

const NO_PRODUCTS: Products = { products: [], total: 0, pageSize: 1 };

/** What to tell of a list, and the button that helps where something is not as wanted. */
function verdict(answer: Answer<Products>, click: Click, label: string): [text: string, button?: HTMLButtonElement] {
  const { search, page } = where();
  const all = () => oneTimeButton('Show all products', () => go('Show all products'));
  if (answer.status >= 400 && answer.status < 500) return [answer.text, all()];
  if (!answer.ok || !answer.body) {
    const again = oneTimeButton('Try again', () => showProducts(click, label), answer.retryAfter);
    return [`The products cannot be shown. ${answer.text}`, again];
  }
  const { products, total } = answer.body;
  if (products.length > 0) return [`${count(total, 'product')}${search ? ` for "${search}"` : ''}.`];
  if (page > 1)
    return [`There is no page ${page}.`, oneTimeButton('Go to the first', () => go('Turn the page', { search, page: 1 }))];
  if (search) return [`No product has "${search}" in its name.`, all()];
  return ['The shop has no products. Its database fills them in at the start: see the logs of the service inventory.'];
}

function say(text: string, button?: HTMLButtonElement): void {
  const paragraph = document.createElement('p');
  paragraph.append(text);
  element('state').replaceChildren(paragraph, ...(button ? [button] : []));
}

function showPages(page: number, pages: number): void {
  element('pages').hidden = pages <= 1;
  element('position').textContent = `Page ${page} of ${pages.toLocaleString('en')}`;
  element<HTMLButtonElement>('previous').disabled = page <= 1;
  element<HTMLButtonElement>('next').disabled = page >= pages;
}

function productCard(product: Product): HTMLElement {
  const card = copyOf('product-template');
  const part = partsOf(card);
  const { id, name } = product;
  const fill = ({ priceCents, stock, description }: Product) => {
    part('.price').textContent = euros(priceCents);
    part('.stock').textContent = stock === 0 ? '· sold out' : stock < 100 ? `· ${stock} left` : '· in stock';
    part('.description').textContent = description;
  };
  fill(product);
  part('h3').textContent = name;
  const [material = '', item = ''] = name.split(' ');
  part('.swatch').append(material.slice(0, 1), item.slice(0, 1));
  part('.swatch').style.setProperty('--hue', String((id * 47) % 360));
  part('.buy').setAttribute('aria-label', `Buy ${name}`);
  part('.look').setAttribute('aria-label', `Details of ${name}`);
  part('.buy').addEventListener('click', () => whileBusy(part('.buy'), () => buy(product, crypto.randomUUID())));
  part('.look').addEventListener('click', () =>
    whileBusy(part('.look'), async () => {
      const open = part('.description').hidden;
      if (open) {
        const request = { click: 'Show details', label: `Details of ${name}`, path: `/api/products/${id}` } as const;
        const answer = await ask<Product>(request, ({ description }) => description);
        if (answer.ok && answer.body) fill(answer.body);
      }
      part('.description').hidden = !open;
      part('.look').setAttribute('aria-expanded', String(open));
    }),
  );
  return card;
}

/** Runs an action with its button out of use, so that a second click is not a second order. The focus stays where it is. */
async function whileBusy(button: HTMLElement, action: () => Promise<void>): Promise<void> {
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  await action().finally(() => button.removeAttribute('aria-disabled'));
}

/** Buys one piece. A retry sends the same key and the same card, so it can neither charge nor order twice. */
async function buy(product: Product, key: string, card = chosenCard(), retry = false): Promise<void> {
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  const body = { email: EMAIL, card, items: [{ productId: product.id, quantity: 1 }] };
  const { click, label } = retry
    ? ({ click: 'Retry the order', label: `Retry: ${product.name}` } as const)
    : ({ click: 'Buy', label: `Buy ${product.name}` } as const);
  const answer = await ask<Order>(
    { click, label, method: 'POST', path: '/api/checkout', headers, body },
    ({ status, totalCents }) => `Order ${status}: ${euros(totalCents)}, charged to the test card.`,
  );
  const again = () => buy(product, key, card, true);
  const order = answer.ok ? answer.body : undefined;
  if (order) answer.act(oneTimeButton('Look at the order', () => look(order.id)));
  else if (worthRetrying(answer)) {
    answer.act(oneTimeButton('Retry', again, answer.retryAfter), 'It sends the same key, so nothing is charged twice.');
  }
}

const chosenCard = () =>
  CARDS[document.querySelector<HTMLInputElement>('[name=card]:checked')?.value === 'declined' ? 'declined' : 'accepted'];

const look = (id: string) =>
  ask<Order>({ click: 'Look at the order', label: 'Look at the order', path: `/api/orders/${id}` }, (order) => {
    const { status, items, totalCents, createdAt } = order;
    return `Order ${status}: ${count(items.length, 'item')}, ${euros(totalCents)}, made at ${new Date(createdAt).toLocaleTimeString()}.`;
  });

/** Whether the same request may end better by itself: nothing was heard, or the shop is short of something. */
const worthRetrying = ({ status }: { status: number }) => status === 0 || status >= 500;

/** A button that works once; with `seconds` it counts down first. */
function oneTimeButton(text: string, action: () => void, seconds = 0): HTMLButtonElement {
  const button = Object.assign(document.createElement('button'), { type: 'button' });
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${text} in ${left} s` : text;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
  button.addEventListener('click', () => {
    button.disabled = true;
    action();
  });
  return button;
}

element('search-form').addEventListener('submit', (event) => {
  event.preventDefault();
  go('Search', { search: element<HTMLInputElement>('search').value.trim(), page: 1 });
});
for (const [id, step] of [
  ['previous', -1],
  ['next', 1],
] as const) {
  element(id).addEventListener('click', async () => {
    const { search, page } = where();
    await go('Turn the page', { search, page: page + step });
    element('products').focus();
  });
}
addEventListener('popstate', () => showProducts('Go back or forward', 'Back or forward'));
element<HTMLDetailsElement>('earlier').open = matchMedia('(min-width: 64rem)').matches;

await showTools();
await showProducts('Open the shop', 'Open the shop');
await traceClicks();
