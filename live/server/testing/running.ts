/** A live view on free ports, and requests to it. */
import { type LiveOptions, type RunningLive, startLive } from '../main.ts';

export interface Running extends RunningLive {
  /** Sends OTLP over HTTP; returns the response. */
  post(path: string, body: Uint8Array | string, headers?: Record<string, string>): Promise<Response>;
  /** Asks the page's server with the key. */
  get(path: string, init?: RequestInit): Promise<Response>;
  json<T>(path: string): Promise<T>;
}

export async function run(options: LiveOptions = {}): Promise<Running> {
  const live = await startLive({ ports: { grpc: 0, http: 0, page: 0 }, ...options });
  const authorization = `Bearer ${live.key}`;
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(live.url + path, { redirect: 'manual', ...init, headers: { authorization, ...init.headers } });
  return {
    ...live,
    get,
    async json<T>(path: string) {
      return (await (await get(path)).json()) as T;
    },
    post(path, body, headers = {}) {
      const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf';
      return fetch(live.otlp.http + path, {
        method: 'POST',
        body: typeof body === 'string' ? body : Buffer.from(body),
        headers: { authorization, 'content-type': type, ...headers },
      });
    },
  };
}
