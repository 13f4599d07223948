import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '../../telemetry/signals.ts';
import { type Receiver, startReceiver } from '../../telemetry/testing/receiver.ts';
import { eventually } from '../../telemetry/testing/wait.ts';
import { type RunningShop, startShop } from '../local/shop.ts';

export interface Answer {
  status: number;
  body: Record<string, unknown> & { error?: string; id?: string };
  headers: Headers;
  traceId: string;
}

export interface TestShop {
  shop: RunningShop;
  receiver: Receiver;
  get(path: string): Promise<Answer>;
  checkout(change?: object, key?: string): Promise<Answer>;
  metrics(service: Service): Promise<string>;
  fault(service: Service, name: string, on: boolean): Promise<number>;
  logs(): Record<string, unknown>[];
  stop(): Promise<void>;
}

export const CHECKOUT = {
  email: 'test@example.com',
  card: { number: '4242424242424242', expiry: '12/39', cvc: '123' },
  items: [{ productId: 1, quantity: 1 }],
};

/** The whole shop as `npm start` runs it, on a PostgreSQL of its own, with its spans sent to a receiver in this process. */
export async function startTestShop(env: Record<string, string> = {}): Promise<TestShop> {
  const receiver = await startReceiver();
  const logDirectory = mkdtempSync(join(tmpdir(), 'sightline-test-logs-'));
  const shop = await startShop({
    port: 0,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, LOG_DIR: logDirectory, ...env },
    print: () => {},
  });
  const internal = (service: Service) => `http://127.0.0.1:${shop.ports[service].internalPort}`;
  for (const service of ['orders', 'inventory', 'payments'] as const) {
    await eventually(`${service} is ready`, async () => (await fetch(`${internal(service)}/health/ready`)).ok);
  }
  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${shop.ports.storefront.port}${path}`, init);
    const text = await response.text();
    const body = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : { text };
    return {
      status: response.status,
      body,
      headers: response.headers,
      traceId: response.headers.get('traceresponse')?.split('-')[1] ?? '',
    };
  };
  return {
    shop,
    receiver,
    get: ask,
    checkout: (change = {}, key = randomUUID()) =>
      ask('/api/checkout', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ ...CHECKOUT, ...change }),
      }),
    metrics: async (service) => (await fetch(`${internal(service)}/metrics`)).text(),
    async fault(service, name, on) {
      const headers = { authorization: `Bearer ${shop.controlToken}`, 'content-type': 'application/json' };
      return (
        await fetch(`${internal(service)}/control/faults/${name}`, { method: 'PUT', headers, body: JSON.stringify({ on }) })
      ).status;
    },
    logs: () =>
      readdirSync(logDirectory).flatMap((file) =>
        readFileSync(join(logDirectory, file), 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line)),
      ),
    async stop() {
      await shop.stop();
      await receiver.close();
      rmSync(logDirectory, { recursive: true });
    },
  };
}

/** The value of a sample in a Prometheus exposition; undefined where there is none. */
export function sample(exposition: string, name: string, ...labels: string[]): number | undefined {
  const line = exposition.split('\n').find((text) => text.startsWith(name) && labels.every((label) => text.includes(label)));
  return line === undefined ? undefined : Number(/(?:}|^\S+) ([\d.e+-]+)/.exec(line)?.[1]);
}
