/** Reads a request's body over HTTP, however it is packed. */
import type { IncomingMessage } from 'node:http';
import { Body, MAX_PACKED_BYTES, MAX_REQUEST_BYTES } from './body.ts';
import { codingOf, unpack } from './codings.ts';
import type { InFlightRequest } from './in-flight.ts';
import { RefusedError } from './response.ts';

/**
 * The whole body of a request over HTTP, unpacked.
 * @throws RefusedError: unsupported, too_large, overloaded, timeout, malformed
 */
export async function readBody(incoming: IncomingMessage, request: InFlightRequest): Promise<Buffer> {
  const coding = codingOf(incoming.headers['content-encoding']);
  const packed = await collect(incoming, request, coding === undefined ? MAX_REQUEST_BYTES : MAX_PACKED_BYTES);
  request.arrived();
  return coding === undefined ? packed : unpack(packed, coding, request);
}

function collect(incoming: IncomingMessage, request: InFlightRequest, most: number): Promise<Buffer> {
  const tooLarge = (): RefusedError =>
    new RefusedError('too_large', `the body has more than ${most} bytes: send smaller batches`);
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > most) throw tooLarge();
  const body = new Body(request, most, announced, tooLarge);
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void => {
      incoming.removeAllListeners('data');
      reject(error);
    };
    const broken = (): void => refuse(new RefusedError('malformed', 'the connection broke within the body'));
    request.late = refuse;
    incoming.on('data', (chunk: Buffer) => {
      try {
        body.push(chunk);
      } catch (error) {
        refuse(error);
      }
    });
    incoming.on('end', () => resolve(body.bytes()));
    incoming.on('error', broken);
    incoming.on('aborted', broken);
  });
}
