/** A client of /stream: keeps what it got, acknowledges frames unless told not to. */
import { WebSocket } from 'ws';
import {
  type AnyTable,
  decodeFrame,
  type Frame,
  type JsonFrame,
  type TableName,
  type ViewRequest,
} from '../stream/frame-layout.ts';
import { until } from './requests.ts';
import type { Running } from './running.ts';

export class StreamClient {
  readonly frames: Frame[] = [];
  readonly jsonFrames: JsonFrame[] = [];
  readonly messages: Record<string, unknown>[] = [];
  acknowledging = true;
  readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.on('message', (data, isBinary) => this.receive(data as ArrayBuffer | Buffer, isBinary));
  }

  static async connect(
    live: Running,
    query = '',
    headers: Record<string, string> = { authorization: `Bearer ${live.key}` },
  ): Promise<StreamClient> {
    const socket = new WebSocket(`${live.url.replace('http', 'ws')}/stream${query}`, { headers });
    const client = new StreamClient(socket);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  async subscribe(subscribe: ViewRequest[], hz = 60): Promise<{ id: number }[]> {
    const before = this.messages.length;
    this.send({ subscribe, hz });
    const answer = await until(() => this.messages[before], 'an answer to subscribe');
    return answer.subscribed as { id: number }[];
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Every section of a table so far. */
  sections(table: TableName): AnyTable[] {
    return this.frames.flatMap(({ sections }) => sections.filter((one) => one.table === table));
  }

  close(): void {
    this.socket.terminate();
  }

  private receive(data: ArrayBuffer | Buffer, isBinary: boolean): void {
    if (isBinary) {
      const frame = decodeFrame(data as ArrayBuffer);
      this.frames.push(frame);
      if (this.acknowledging) this.send({ ack: frame.sequence });
      return;
    }
    const message = JSON.parse(Buffer.from(data as Buffer).toString()) as Record<string, unknown>;
    const { frame } = message as { frame?: JsonFrame };
    if (frame === undefined) this.messages.push(message);
    else {
      this.jsonFrames.push(frame);
      if (this.acknowledging) this.send({ ack: frame.sequence });
    }
  }
}

/** A column of strings. */
export function textColumn(table: AnyTable | undefined, name: string): string[] {
  const column = (table?.columns as Record<string, Uint32Array> | undefined)?.[name] ?? [];
  return [...column].map((index) => table?.strings[index] ?? '?');
}
