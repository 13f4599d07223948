/** OTLP's answers in protobuf and JSON. https://opentelemetry.io/docs/specs/otlp/ */
import type { Refusal, Signal } from '../store/ledger.ts';

/** A request that was refused, for both transports. */
export class RefusedError extends Error {
  readonly refusal: Refusal;
  /** When to try again; 0 where that would not help. */
  readonly retryMs: number;

  constructor(refusal: Refusal, message: string, retryMs = 0) {
    super(message);
    this.refusal = refusal;
    this.retryMs = retryMs;
  }
}

/** HTTP status and gRPC code of each refusal; the numbers are those of google.rpc.Code. */
export const REFUSALS: Record<Refusal, { http: number; grpc: number }> = {
  malformed: { http: 400, grpc: 3 },
  unauthorized: { http: 401, grpc: 16 },
  timeout: { http: 408, grpc: 4 },
  too_large: { http: 413, grpc: 8 },
  unsupported: { http: 415, grpc: 12 },
  rate_limited: { http: 429, grpc: 8 },
  overloaded: { http: 503, grpc: 14 },
};

const REJECTED_FIELD: Record<Signal, string> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
};

const NOTHING = Buffer.alloc(0);

/** What partial_success says of items that were left out. */
function rejectedMessage(rejected: number): string {
  return `${rejected} left out: a trace id must have 16 bytes and a span id 8, and a span's must not be all zeros`;
}

/** Export*ServiceResponse: empty where all items were taken. */
export function exportResponse(rejected: number): Uint8Array {
  if (rejected === 0) return NOTHING;
  const message = Buffer.from(rejectedMessage(rejected));
  const partial = Buffer.concat([Buffer.from([0x08]), varint(rejected), field(0x12, message)]);
  return field(0x0a, partial);
}

export function exportResponseJson(signal: Signal, rejected: number): object {
  if (rejected === 0) return {};
  return { partialSuccess: { [REJECTED_FIELD[signal]]: String(rejected), errorMessage: rejectedMessage(rejected) } };
}

/** google.rpc.Status, with a RetryInfo where a later try may do. */
export function statusBytes(error: RefusedError): Uint8Array {
  const head = Buffer.concat([
    Buffer.from([0x08]),
    varint(REFUSALS[error.refusal].grpc),
    field(0x12, Buffer.from(error.message)),
  ]);
  if (error.retryMs === 0) return head;
  const seconds = Math.floor(error.retryMs / 1000);
  const nanos = (error.retryMs % 1000) * 1_000_000;
  const duration = Buffer.concat([Buffer.from([0x08]), varint(seconds), Buffer.from([0x10]), varint(nanos)]);
  const retryInfo = field(0x0a, duration);
  const detail = Buffer.concat([field(0x0a, Buffer.from('type.googleapis.com/google.rpc.RetryInfo')), field(0x12, retryInfo)]);
  return Buffer.concat([head, field(0x1a, detail)]);
}

export function statusJson(error: RefusedError): object {
  return { code: REFUSALS[error.refusal].grpc, message: error.message };
}

function field(tag: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}
