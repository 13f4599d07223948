/** Reads request bodies within limits, however they are packed. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gunzipSync, inflate } from 'node:zlib';
import { RefusedError } from './response.ts';

/** Bytes of bodies that may be on their way in at once, over all connections. */
const MAX_PENDING_BYTES = 256 * 2 ** 20;
/** Smaller bodies unpack at once: the thread pool's round trip costs more. */
const SYNC_BYTES = 64 * 1024;
const RETRY_MS = 1000;

const gunzipAsync = promisify(gunzip);
const inflateAsync = promisify(inflate);

/** Counts the bytes of bodies that are on their way in, so that many large ones at once are refused and not held. */
export class BodyBudget {
  private pending = 0;

  /** False where there would be too many. Whatever was asked for is given back in either case. */
  take(bytes: number): boolean {
    this.pending += bytes;
    return this.pending <= MAX_PENDING_BYTES;
  }

  give(bytes: number): void {
    this.pending -= bytes;
  }

  exceeded(): RefusedError {
    return new RefusedError('overloaded', 'too many bytes on their way in: try again', RETRY_MS);
  }
}

/** Unpacks a body. @throws RefusedError: too_large, unsupported, malformed */
export async function unpack(packed: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const options = { maxOutputLength: maxBytes };
  try {
    switch (encoding) {
      case 'gzip':
        return packed.length <= SYNC_BYTES ? gunzipSync(packed, options) : await gunzipAsync(packed, options);
      case 'deflate':
        return await inflateAsync(packed, options);
      default:
        throw new RefusedError('unsupported', `encoding ${encoding.slice(0, 50)}: send gzip, deflate or none`);
    }
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('unpacks to more', maxBytes);
    throw new RefusedError('malformed', `the body is not ${encoding}: ${(error as Error).message}`);
  }
}

export class BodyReader {
  private readonly maxBytes: number;
  private readonly budget = new BodyBudget();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The whole body, unpacked. @throws RefusedError: too_large, unsupported, malformed, overloaded */
  async read(request: IncomingMessage): Promise<Buffer> {
    const packed = await this.collect(request);
    const encoding = request.headers['content-encoding'] ?? 'identity';
    return encoding === 'identity' ? packed : unpack(packed, encoding, this.maxBytes);
  }

  private collect(request: IncomingMessage): Promise<Buffer> {
    const { maxBytes, budget } = this;
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge('has more', maxBytes);
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const settle = (): void => {
        budget.give(length);
        length = 0;
      };
      const refuse = (error: RefusedError): void => {
        settle();
        request.removeAllListeners('data');
        reject(error);
      };
      const broken = (): void => refuse(new RefusedError('malformed', 'the connection broke within the body'));
      request.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        const room = budget.take(chunk.length);
        if (length > maxBytes) refuse(tooLarge('has more', maxBytes));
        else if (!room) refuse(budget.exceeded());
      });
      request.on('end', () => {
        settle();
        resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
      });
      request.on('error', broken);
      request.on('aborted', broken);
    });
  }
}

function tooLarge(how: string, maxBytes: number): RefusedError {
  return new RefusedError('too_large', `the body ${how} than ${maxBytes} bytes: send smaller batches`);
}
