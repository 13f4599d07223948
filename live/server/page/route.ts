/** What a path of the API is. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ParamTable, Query } from '../query/query.ts';
import type { Ingest } from '../receive/ingest.ts';
import type { Key } from '../receive/keys.ts';
import type { Live } from '../receive/live.ts';
import type { Steps } from '../store/slices.ts';
import type { Vitals } from '../stream/vitals.ts';
import type { Rows } from './otlp-text.ts';

interface Context {
  live: Live;
  ingest: Ingest;
  vitals: Vitals;
  query: Query;
  /** Parts of the path by name. */
  path: Record<string, string>;
  /** Whom imported rows are counted for. */
  key: Key;
  request: IncomingMessage;
  response: ServerResponse;
  /** Does long work in slices, as long as somebody waits for it. @throws GoneError */
  slowly<T>(steps: Steps<T>): Promise<T>;
  /** Answers with rows as OTLP JSON, while they are read. */
  sendRows(rows: Rows): Promise<void>;
}

export interface Route {
  method: 'GET' | 'POST';
  path: string;
  params: ParamTable;
  /** Returns what to send as JSON, or the bytes of it; undefined where it answers by itself. */
  handle(context: Context): object | undefined | Promise<object | undefined>;
}

export const get = (path: string, params: ParamTable, handle: Route['handle']): Route => ({
  method: 'GET',
  path,
  params,
  handle,
});
