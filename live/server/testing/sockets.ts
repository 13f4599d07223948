/** Plain connections, for what no client of HTTP would do. */
import { connect, type Socket } from 'node:net';
import { until } from './requests.ts';

export class TestSocket {
  /** What came, as text. */
  received = '';
  closed = false;
  readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
    });
  }

  /** @param from the address that it comes from, one of this machine's own */
  static async open(url: string, from = '127.0.0.1'): Promise<TestSocket> {
    const { port } = new URL(url);
    const one = new TestSocket(connect({ port: Number(port), host: '127.0.0.1', localAddress: from }));
    await new Promise<void>((resolve, reject) => {
      one.socket.once('connect', () => resolve());
      one.socket.once('error', reject);
    });
    return one;
  }

  static openMany(count: number, url: string, from?: string): Promise<TestSocket[]> {
    return Promise.all(Array.from({ length: count }, () => TestSocket.open(url, from)));
  }

  /** Sends text, and waits for an answer of HTTP/1.1; returns its status. */
  async ask(text: string): Promise<number> {
    const before = this.received.length;
    this.socket.write(text);
    const [, status] = await until(
      () => /^HTTP\/1\.1 (\d+)[\s\S]*\r\n\r\n/.exec(this.received.slice(before)) ?? undefined,
      'an answer',
    );
    return Number(status);
  }

  closing(what: string): Promise<boolean> {
    return until(() => this.closed, `${what} to be closed`);
  }
}
