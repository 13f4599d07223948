import { randomBytes } from 'node:crypto';
import { fail, reach } from './stores.ts';

/** Personal data that this run alone uses: whatever store it turns up in has kept what it must not. */
interface Canaries {
  email: string;
  card: string;
}

export interface Probe {
  /** Trace of the checkout. */
  traceId: string;
  /** Trace of a search whose text is the e-mail canary. */
  searchTraceId: string;
  orderId: string;
  canaries: Canaries;
  /** When the checkout was answered, in Unix milliseconds. */
  answered: number;
}

/** Makes one search and one checkout of its own; throws ComponentError naming the service that failed. */
export async function probe(storefront: string): Promise<Probe> {
  const canaries = { email: `canary-${randomBytes(6).toString('hex')}@example.com`, card: canaryCard() };
  const search = await ask(`${storefront}/api/products?${new URLSearchParams({ search: canaries.email })}`);
  const checkout = await ask(`${storefront}/api/checkout`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      email: canaries.email,
      card: { number: canaries.card, expiry: '12/39', cvc: '123' },
      items: [
        { productId: 1, quantity: 1 },
        { productId: 2, quantity: 2 },
      ],
    }),
  });
  return {
    traceId: checkout.traceId,
    searchTraceId: search.traceId,
    orderId: String(checkout.body.id),
    canaries,
    answered: Date.now(),
  };
}

async function ask(url: string, init: RequestInit = {}): Promise<{ traceId: string; body: Record<string, unknown> }> {
  const { status, headers, text } = await reach('storefront', url, { ...init, milliseconds: 12_000 });
  const { pathname } = new URL(url);
  const body = JSON.parse(text) as Record<string, unknown>;
  if (status >= 400) fail(culprit(String(body.reason)), `${pathname} answered ${status}: ${body.reason}`);
  const traceId = /^00-([0-9a-f]{32})-/.exec(headers.get('traceresponse') ?? '')?.[1];
  if (!traceId) fail('storefront', `no traceresponse header in the answer of ${pathname}: it runs without instrumentation`);
  return { traceId, body };
}

/** The shop says which of its parts does not answer; the database's service is called postgres. */
function culprit(reason: string): string {
  const [, name] = /^(the database|\w+) does not answer/.exec(reason) ?? [];
  return name === 'the database' ? 'postgres' : (name ?? 'storefront');
}

/** A random card number in a test range, valid by Luhn, so that every filter must take it for a card. */
function canaryCard(): string {
  const digits = `411111${Array.from(randomBytes(9), (byte) => byte % 10).join('')}`;
  const sum = [...digits].reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}
