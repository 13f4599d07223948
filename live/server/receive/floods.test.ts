import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { traces } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';

/** Types and flags of HTTP/2's frames: RFC 9113, 6. */
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const CONTINUATION = 9;
const END_STREAM = 1;
const END_STREAM_AND_HEADERS = 5;

const FLOODERS = 4;
/** Answers that a client must get while the others send. */
const ANSWERS = 10;
/** What the others send in that time at least. */
const FLOOD_BYTES = 2 ** 20;
const CHUNK_BYTES = 64 * 1024;
const GROWTH_BYTES = 200 * 2 ** 20;

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0, Buffer.alloc(0))]);
/** POST http / by HPACK's static table, and a field that is not indexed: x: aaaa... */
const POST = Buffer.from([0x83, 0x86, 0x84]);
const FIELD = Buffer.concat([Buffer.from([0x00, 1, 0x78, 100]), Buffer.alloc(100, 'a')]);

const CANCEL = Buffer.from([0, 0, 0, 8]);
/** SETTINGS_INITIAL_WINDOW_SIZE. */
const WINDOW = Buffer.from([0, 4, 0, 0, 255, 255]);

const repeated = (times: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: times }, (_, index) => make(index)));

/** What each flooder sends on a connection, before it opens the next. */
const FLOODS = {
  'streams that are reset as soon as they are open': repeated(20_000, (index) => {
    const stream = 2 * index + 1;
    return Buffer.concat([frame(HEADERS, END_STREAM_AND_HEADERS, stream, POST), frame(RST_STREAM, 0, stream, CANCEL)]);
  }),
  pings: repeated(60_000, () => frame(PING, 0, 0, Buffer.alloc(8))),
  settings: repeated(60_000, () => frame(SETTINGS, 0, 0, WINDOW)),
  'a head that never ends': Buffer.concat([
    frame(HEADERS, END_STREAM, 1, POST),
    repeated(10_000, () => frame(CONTINUATION, 0, 1, FIELD)),
  ]),
};

describe('a client with a key is served, in bounded memory, while others go on sending', () => {
  let live: Running;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    live = await run();
    session = connectHttp2(live.otlp.grpc);
  });
  afterAll(async () => {
    session.destroy();
    await live.close();
  });

  /** Sends a span by gRPC; returns grpc-status. */
  const send = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        'content-type': 'application/grpc',
        authorization: `Bearer ${live.key}`,
      });
      stream.on('trailers', (trailers) => resolve(String(trailers['grpc-status'])));
      stream
        .on('error', reject)
        .on('close', () => reject(new Error('closed without a status')))
        .resume();
      const message = traces('served', [{}]);
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      stream.end(Buffer.concat([prefix, message]));
    });

  it.each(Object.entries(FLOODS))('%s', async (_, bytes) => {
    const port = Number(new URL(live.otlp.grpc).port);
    const before = process.memoryUsage().rss;
    const flood = new AbortController();
    let sent = 0;
    const flooders = Array.from({ length: FLOODERS }, async () => {
      while (!flood.signal.aborted) {
        await sendAll(port, bytes, flood.signal, (more) => {
          sent += more;
        });
      }
    });
    try {
      // They end only once it has its answers: the order is what counts, tests share their machine with others.
      for (let answers = 0; answers < ANSWERS || sent < FLOOD_BYTES; answers++) expect(await send()).toBe('0');
    } finally {
      flood.abort();
      await Promise.all(flooders);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_BYTES);
  });
});

/** Sends all of it on a connection of its own, until that is closed or the flood is over. */
async function sendAll(port: number, bytes: Buffer, over: AbortSignal, count: (bytes: number) => void): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined).resume();
  socket.write(PREFACE);
  for (let at = 0; at < bytes.length && !socket.destroyed && !over.aborted; at += CHUNK_BYTES) {
    const part = bytes.subarray(at, at + CHUNK_BYTES);
    if (!socket.write(part)) await Promise.race([once(socket, 'drain', { signal: over }).catch(() => undefined), closed]);
    count(part.length);
  }
  socket.destroy();
  await closed;
}
