/** Content codings: what a body or a message may be packed with, and how far it may unpack. */

import type { Transform } from 'node:stream';
import zlib, { type ZlibOptions } from 'node:zlib';
import { Body, MAX_REQUEST_BYTES } from './body.ts';
import type { InFlightRequest } from './in-flight.ts';
import { RefusedError } from './response.ts';

/** A request may unpack to so many bytes, however small it was: some thousands of like log lines or points pack to less than a hundredth. */
const FREE_BYTES = 16 * 2 ** 20;
/** A larger one may unpack to so many times its size. */
const MAX_RATIO = 200;
/** What is packed smaller than this, and unpacks to less than that, is unpacked at once: the thread pool's round trips cost more. */
const SYNC_PACKED_BYTES = 64 * 2 ** 10;
const SYNC_BYTES = 2 ** 20;
const CHUNK_BYTES = 64 * 2 ** 10;
/** Requests that unpack at the same time, as many as the thread pool has threads: each has a window of its own in memory. */
const AT_ONCE = 4;
/** zstd's window is as large as the sender likes: 8 MiB is what RFC 9659 allows on the web. (ZSTD_d_windowLogMax is parameter 100.) */
const ZSTD_OPTIONS = { params: { 100: 23 } };

interface Coding {
  name: string;
  sync(packed: Buffer, options: ZlibOptions): Buffer;
  stream(packed: Buffer, options: ZlibOptions): Transform;
}

/** From Node 22.15 and 23.8 on. */
const { zstdDecompressSync, createZstdDecompress } = zlib as {
  zstdDecompressSync?: (packed: Buffer, options: object) => Buffer;
  createZstdDecompress?: (options: object) => Transform;
};

const gzip: Coding = {
  name: 'gzip',
  sync: (packed, options) => zlib.gunzipSync(packed, options),
  stream: (_, options) => zlib.createGunzip(options),
};
/** HTTP's deflate has zlib's head; some senders leave it out. */
const deflate: Coding = {
  name: 'deflate',
  sync: (packed, options) => (hasZlibHead(packed) ? zlib.inflateSync(packed, options) : zlib.inflateRawSync(packed, options)),
  stream: (packed, options) => (hasZlibHead(packed) ? zlib.createInflate(options) : zlib.createInflateRaw(options)),
};

const CODINGS = new Map<string, Coding>([
  ['gzip', gzip],
  ['x-gzip', gzip],
  ['deflate', deflate],
  // The Collector's name for the same.
  ['zlib', deflate],
]);
if (zstdDecompressSync && createZstdDecompress) {
  CODINGS.set('zstd', {
    name: 'zstd',
    sync: (packed, options) => zstdDecompressSync(packed, { ...options, ...ZSTD_OPTIONS }),
    stream: (_, options) => createZstdDecompress({ ...options, ...ZSTD_OPTIONS }),
  });
}

/** What is taken, as Accept-Encoding lists it. */
export const ACCEPTED_CODINGS = [...CODINGS.keys()].filter((name) => name !== 'x-gzip').join(', ');

/** The coding that a header names, in whatever case; undefined for none. @throws RefusedError: unsupported */
export function codingOf(header: string | undefined): Coding | undefined {
  const names = (header ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  const [name] = names;
  if (name === undefined) return undefined;
  const coding = CODINGS.get(name);
  if (coding !== undefined && names.length === 1) return coding;
  throw new RefusedError('unsupported', `encoding ${names.join(', ').slice(0, 50)}: send one of ${ACCEPTED_CODINGS}, or none`);
}

/** @throws RefusedError: too_large, malformed, overloaded */
export async function unpack(packed: Buffer, coding: Coding, request: InFlightRequest): Promise<Buffer> {
  const most = Math.min(MAX_REQUEST_BYTES, Math.max(FREE_BYTES, packed.length * MAX_RATIO));
  if (packed.length <= SYNC_PACKED_BYTES) {
    const bytes = atOnce(packed, coding);
    if (bytes !== undefined) {
      request.add(bytes.length);
      return bytes;
    }
  }
  const tooLarge = (): RefusedError =>
    new RefusedError('too_large', `the body unpacks to more than ${most} bytes, from ${packed.length}: send smaller batches`);
  const body = new Body(request, most, Math.min(most, likelySize(packed, coding)), tooLarge);
  await places.take();
  try {
    await stream(packed, coding, body);
    return body.bytes();
  } finally {
    places.give();
  }
}

/** Undefined where it unpacks to more than can be waited for. */
function atOnce(packed: Buffer, coding: Coding): Buffer | undefined {
  try {
    return coding.sync(packed, { maxOutputLength: SYNC_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw broken(coding, error);
  }
}

function stream(packed: Buffer, coding: Coding, body: Body): Promise<void> {
  return new Promise((resolve, reject) => {
    const unpacker = coding.stream(packed, { chunkSize: CHUNK_BYTES });
    unpacker.on('data', (chunk: Buffer) => {
      try {
        body.push(chunk);
      } catch (error) {
        unpacker.destroy();
        reject(error);
      }
    });
    unpacker.on('end', resolve);
    unpacker.on('error', (error) => reject(broken(coding, error)));
    unpacker.end(packed);
  });
}

const broken = ({ name }: Coding, error: unknown): RefusedError =>
  new RefusedError('malformed', `the body is not ${name}: ${(error as Error).message}`);

/** gzip ends with the size of what was packed; of the others it is guessed. */
function likelySize(packed: Buffer, coding: Coding): number {
  return coding === gzip && packed.length >= 18 ? packed.readUInt32LE(packed.length - 4) : 8 * packed.length;
}

/** RFC 1950: method 8, and a check that makes the first two bytes a multiple of 31. */
function hasZlibHead(packed: Buffer): boolean {
  const [first = 0, second = 0] = packed;
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}

/** So many at a time; the others wait in turn. */
const places = {
  free: AT_ONCE,
  waiting: [] as (() => void)[],
  take(): Promise<void> {
    if (this.free === 0) return new Promise((resolve) => this.waiting.push(resolve));
    this.free--;
    return Promise.resolve();
  },
  give(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free++;
    else next();
  },
};
