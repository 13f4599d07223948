/** OTLP's answers in protobuf and JSON. https://opentelemetry.io/docs/specs/otlp/ */
import { ProtobufWriter } from '../otlp/protobuf-writer.ts';
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

/** What an answer says of a request that was taken. */
interface Outcome {
  rejected: number;
  /** Why items were left out. */
  message: string;
}

/** Export*ServiceResponse: empty where all items were taken. */
export function exportResponse({ rejected, message }: Outcome): Uint8Array {
  if (rejected === 0) return NOTHING;
  const writer = new ProtobufWriter();
  writer.varint(0x0a);
  const start = writer.begin(1);
  writer.varint(0x08);
  writer.varint(rejected);
  writer.varint(0x12);
  writer.text(message);
  writer.end(start, 1);
  return writer.result();
}

export function exportResponseJson(signal: Signal, { rejected, message }: Outcome): object {
  if (rejected === 0) return {};
  return { partialSuccess: { [REJECTED_FIELD[signal]]: String(rejected), errorMessage: message } };
}

/** google.rpc.Status, with a RetryInfo where a later try may do. */
export function statusBytes(error: RefusedError): Uint8Array {
  const writer = new ProtobufWriter();
  writer.varint(0x08);
  writer.varint(REFUSALS[error.refusal].grpc);
  writer.varint(0x12);
  writer.text(error.message);
  if (error.retryMs > 0) {
    writer.varint(0x1a);
    const detail = writer.begin(1);
    writer.varint(0x0a);
    writer.text('type.googleapis.com/google.rpc.RetryInfo');
    writer.varint(0x12);
    const retryInfo = writer.begin(1);
    writer.varint(0x0a);
    const duration = writer.begin(1);
    writer.varint(0x08);
    writer.varint(Math.floor(error.retryMs / 1000));
    writer.varint(0x10);
    writer.varint((error.retryMs % 1000) * 1_000_000);
    writer.end(duration, 1);
    writer.end(retryInfo, 1);
    writer.end(detail, 1);
  }
  return writer.result();
}

export function statusJson(error: RefusedError): object {
  return { code: REFUSALS[error.refusal].grpc, message: error.message };
}
