/** The shop's page: products, search, pages, Buy. Plain modules of the browser; served under `default-src 'self'`, so nothing is inline. */
import { ask, element, showTools } from './strip.js';

const EMAIL = 'visitor@example.com';
const CARDS = {
  accepted: { number: '4242424242424242', expiry: '12/40', cvc: '123' },
  declined: { number: '4000000000000002', expiry: '12/40', cvc: '123' },
};

const euros = (cents) => new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' }).format(cents / 100);
const count = (number, noun) => `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;

const where = () => {
  const query = new URLSearchParams(location.search);
  return { search: query.get('search') ?? '', page: Math.max(1, Number.parseInt(query.get('page') ?? '1', 10) || 1) };
};

function go(to) {
  const query = new URLSearchParams(Object.entries(to).filter(([, value]) => value && value !== 1));
  history.pushState(null, '', `?${query}`);
  const label = to.page > 1 ? `Page ${to.page}` : to.search ? `Search "${to.search}"` : 'All products';
  return showProducts(label);
}

let latestList = 0;

async function showProducts(label) {
  const mine = ++latestList;
  const { search, page } = where();
  element('search').value = search;
  element('products').setAttribute('aria-busy', 'true');
  if (element('products').childElementCount === 0) say('Loading the products.');
  const path = `/api/products?${new URLSearchParams({ search, page })}`;
  const answer = await ask({ label, path }, ({ body }) => count(body.total, 'product'));
  if (mine !== latestList) return; // another list was asked for meanwhile
  element('products').removeAttribute('aria-busy');
  const { products = [], total = 0, pageSize = 1 } = answer.ok ? answer.body : {};
  element('products').replaceChildren(...products.map(productCard));
  showPages(page, Math.ceil(total / pageSize));
  say(...verdict(answer, label));
}

/** What to tell of a list, and the button that helps where something is not as wanted. */
function verdict(answer, label) {
  const { search, page } = where();
  const all = () => oneTimeButton('Show all products', () => go({}));
  if (answer.status >= 400 && answer.status < 500) return [answer.text, all()];
  if (!answer.ok) {
    const again = oneTimeButton('Try again', () => showProducts(label), answer.retryAfter);
    return [`The products cannot be shown. ${answer.text}`, again];
  }
  const { products, total } = answer.body;
  if (products.length > 0) return [`${count(total, 'product')}${search ? ` for "${search}"` : ''}.`];
  if (page > 1) return [`There is no page ${page}.`, oneTimeButton('Go to the first', () => go({ search, page: 1 }))];
  if (search) return [`No product has "${search}" in its name.`, all()];
  return ['The shop has no products. Its database fills them in at the start: see the logs of the service inventory.'];
}

function say(text, button) {
  const paragraph = document.createElement('p');
  paragraph.append(text);
  element('state').replaceChildren(paragraph, ...(button ? [button] : []));
}

function showPages(page, pages) {
  element('pages').hidden = pages <= 1;
  element('position').textContent = `Page ${page} of ${pages.toLocaleString('en')}`;
  element('previous').disabled = page <= 1;
  element('next').disabled = page >= pages;
}

function productCard(product) {
  const card = element('product-template').content.cloneNode(true).firstElementChild;
  const part = (name) => card.querySelector(name);
  const { id, name } = product;
  const fill = ({ priceCents, stock, description }) => {
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
        const answer = await ask({ label: `Details of ${name}`, path: `/api/products/${id}` }, ({ body }) => body.description);
        if (answer.ok) fill(answer.body);
      }
      part('.description').hidden = !open;
      part('.look').setAttribute('aria-expanded', String(open));
    }),
  );
  return card;
}

/** Runs an action with its button out of use, so that a second click is not a second order. The focus stays where it is. */
async function whileBusy(button, action) {
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  await action().finally(() => button.removeAttribute('aria-disabled'));
}

/** Buys one piece. A retry sends the same key and the same card, so it can neither charge nor order twice. */
async function buy(
  product,
  key,
  card = CARDS[document.querySelector('[name=card]:checked').value],
  label = `Buy ${product.name}`,
) {
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  const body = { email: EMAIL, card, items: [{ productId: product.id, quantity: 1 }] };
  const answer = await ask(
    { label, method: 'POST', path: '/api/checkout', headers, body },
    ({ body: order }) => `Order ${order.status}: ${euros(order.totalCents)}, charged to the test card.`,
  );
  const again = () => buy(product, key, card, `Retry: ${product.name}`);
  if (answer.ok) answer.act(oneTimeButton('Look at the order', () => look(answer.body.id)));
  else if (worthRetrying(answer)) {
    answer.act(oneTimeButton('Retry', again, answer.retryAfter), 'It sends the same key, so nothing is charged twice.');
  }
}

const look = (id) =>
  ask({ label: 'Look at the order', path: `/api/orders/${id}` }, ({ body }) => {
    return `Order ${body.status}: ${count(body.items.length, 'item')}, ${euros(body.totalCents)}, made at ${new Date(body.createdAt).toLocaleTimeString()}.`;
  });

/** Whether the same request may end better by itself: nothing was heard, or the shop is short of something. */
const worthRetrying = ({ status }) => status === 0 || status >= 500;

/** A button that works once; with `seconds` it counts down first. */
function oneTimeButton(text, action, seconds = 0) {
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
  go({ search: element('search').value.trim(), page: 1 });
});
for (const [id, step] of [
  ['previous', -1],
  ['next', 1],
]) {
  element(id).addEventListener('click', async () => {
    const { search, page } = where();
    await go({ search, page: page + step });
    element('products').focus();
  });
}
addEventListener('popstate', () => showProducts('Back or forward'));
element('earlier').open = matchMedia('(min-width: 64rem)').matches;

await showTools();
await showProducts('Open the shop');
