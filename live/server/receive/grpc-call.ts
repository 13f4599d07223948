/** One unary call of gRPC as a stream of HTTP/2: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Body, MAX_PACKED_BYTES, MAX_REQUEST_BYTES } from './body.ts';
import { ACCEPTED_CODINGS, codingOf, unpack } from './codings.ts';
import type { InFlightRequest } from './in-flight.ts';
import { asRefused } from './ingest.ts';
import { REFUSALS, RefusedError, statusBytes } from './response.ts';

/** gRPC's prefix: a byte that says whether the message is compressed, four of length. */
const PREFIX_BYTES = 5;
/** google.rpc.Code */
const OK = 0;
const INTERNAL = 13;

const HEADERS = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': `identity, ${ACCEPTED_CODINGS}`,
};
const OK_TRAILERS = { 'grpc-status': String(OK) };

/**
 * A message on its way, which its stream knows until it is whole. Node keeps each stream, and what its listeners reach, until V8 collects all of its
 * heap: listeners that are closures over a call's bytes would keep them as long, and have that happen often.
 */
interface Arriving {
  request: InFlightRequest;
  /** grpc-encoding */
  encoding: string;
  most: number;
  body: Body | undefined;
  resolve(message: Buffer | Promise<Buffer>): void;
  reject(error: unknown): void;
}
const ARRIVING = Symbol('arriving');
type ArrivingStream = ServerHttp2Stream & { [ARRIVING]?: Arriving | undefined };

/**
 * The call's message, unpacked. (One promise and no more: each small call makes some garbage as it is.)
 * @throws RefusedError: unsupported, too_large, overloaded, timeout, malformed
 */
export function receiveMessage(
  stream: ArrivingStream,
  headers: IncomingHttpHeaders,
  request: InFlightRequest,
  most = MAX_REQUEST_BYTES,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream[ARRIVING] = { request, encoding: String(headers['grpc-encoding'] ?? ''), most, body: undefined, resolve, reject };
    request.late = (error) => refuseArriving(stream, error);
    stream.on('data', addChunk);
    stream.on('end', endArriving);
    stream.on('close', cancelArriving);
  });
}

function addChunk(this: ArrivingStream, chunk: Buffer): void {
  const arriving = this[ARRIVING];
  if (arriving === undefined) return;
  try {
    arriving.body ??= bodyFor(chunk, arriving.request, arriving.most);
    arriving.body.push(chunk);
  } catch (error) {
    refuseArriving(this, error);
  }
}

function endArriving(this: ArrivingStream): void {
  const arriving = this[ARRIVING];
  if (arriving === undefined) return;
  try {
    arriving.request.arrived();
    const message = messageOf(arriving);
    this[ARRIVING] = undefined;
    arriving.resolve(message);
  } catch (error) {
    refuseArriving(this, error);
  }
}

/** @throws RefusedError: malformed, unsupported */
function messageOf({ body, encoding, request }: Arriving): Buffer | Promise<Buffer> {
  const framed = body?.bytes() ?? Buffer.alloc(0);
  if (framed.length < PREFIX_BYTES || framed.readUInt32BE(1) !== framed.length - PREFIX_BYTES)
    throw new RefusedError('malformed', 'malformed request: not one whole gRPC message');
  const message = framed.subarray(PREFIX_BYTES);
  if (framed[0] === 0) return message;
  const coding = codingOf(encoding);
  if (coding === undefined) throw new RefusedError('malformed', 'a compressed message, and no grpc-encoding that says by what');
  return unpack(message, coding, request);
}

// Every stream closes: an error, with its stack, is made for one that does so before its end alone.
function cancelArriving(this: ArrivingStream): void {
  if (this[ARRIVING]) refuseArriving(this, new RefusedError('malformed', 'the call was cancelled within its message'));
}

function refuseArriving(stream: ArrivingStream, error: unknown): void {
  const arriving = stream[ARRIVING];
  stream[ARRIVING] = undefined;
  stream.removeListener('data', addChunk);
  arriving?.reject(error);
}

/** Ready for as many bytes as the prefix tells. @throws RefusedError: too_large */
function bodyFor(first: Buffer, request: InFlightRequest, mostUnpacked: number): Body {
  const most = first[0] === 0 ? mostUnpacked : Math.min(mostUnpacked, MAX_PACKED_BYTES);
  const length = first.length < PREFIX_BYTES ? 0 : first.readUInt32BE(1);
  const tooLarge = (): RefusedError =>
    new RefusedError('too_large', `the message has more than ${most} bytes: send smaller batches`);
  if (length > most) throw tooLarge();
  return new Body(request, most + PREFIX_BYTES, length === 0 ? 0 : length + PREFIX_BYTES, tooLarge);
}

/** Ends a call well, with its one message. */
export function reply(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed) return;
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.on('wantTrailers', endWell);
  stream.end(framedMessage(message));
}

function endWell(this: ServerHttp2Stream): void {
  this.sendTrailers(OK_TRAILERS);
}

function framedMessage(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(PREFIX_BYTES + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

/** Begins an answer of messages without an end. */
export function replyFirst(stream: ServerHttp2Stream, message: Uint8Array): void {
  stream.respond(HEADERS);
  stream.write(framedMessage(message));
}

/** Ends a call with why it was refused. */
export function refuse(stream: ServerHttp2Stream, error: unknown): void {
  let refused: RefusedError;
  try {
    refused = asRefused(error);
  } catch (fault) {
    // A fault of this program: the sender may keep the batch and try again, and the process goes on.
    console.error('live view: cannot take a request:', fault);
    fail(stream, INTERNAL, 'internal error: see the log of the live view');
    return;
  }
  const details: Record<string, string> = {};
  if (refused.retryMs > 0) details['grpc-status-details-bin'] = Buffer.from(statusBytes(refused)).toString('base64');
  fail(stream, REFUSALS[refused.refusal].grpc, refused.message, details);
}

/** Ends a call with a status alone. */
export function fail(stream: ServerHttp2Stream, code: number, message: string, details: Record<string, string> = {}): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond({ ...HEADERS, 'grpc-status': String(code), 'grpc-message': encoded(message), ...details }, { endStream: true });
  // What still comes of the request is not wanted: no error, but stop.
  stream.resume();
  stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Percent-encoded is what is not printable ASCII, and the percent sign, and nothing else: not every client decodes more. */
function encoded(message: string): string {
  const bytes = Buffer.from(message.slice(0, 1000)).toString('latin1');
  return bytes.replace(/[^ -$&-~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
