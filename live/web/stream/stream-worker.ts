/**
 * The WebSocket's worker: decodes frames away from the page's thread and hands their columns over without copying them. It reconnects by itself,
 * each time a little later, and says again what the page last subscribed to.
 */
import { type ClientMessage, decodeFrame, type ServerMessage } from '../../server/stream/frame-layout.ts';
import type { FromWorker, ToWorker } from './messages.ts';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8_000;

let address = '';
let socket: WebSocket | undefined;
let subscription: ClientMessage | undefined;
let retryMs = FIRST_RETRY_MS;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if ('open' in data) {
    address = data.open;
    connect();
    return;
  }
  if ('subscribe' in data.send) subscription = data.send;
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(data.send));
};

function connect(): void {
  const opening = new WebSocket(address);
  let opened = false;
  socket = opening;
  opening.binaryType = 'arraybuffer';
  opening.onopen = () => {
    opened = true;
    retryMs = FIRST_RETRY_MS;
    tell({ opened: true });
    if (subscription) opening.send(JSON.stringify(subscription));
  };
  opening.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => receive(data);
  opening.onclose = () => {
    tell({ closed: true, before: !opened, retryMs });
    setTimeout(connect, retryMs);
    retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
  };
}

function receive(data: ArrayBuffer | string): void {
  if (typeof data === 'string') {
    const said = JSON.parse(data) as ServerMessage;
    if (!('frame' in said)) tell({ said });
    return;
  }
  const began = performance.now();
  try {
    const frame = decodeFrame(data);
    tell({ frame, bytes: data.byteLength, decodeMs: performance.now() - began }, [data]);
  } catch (error) {
    tell({ broken: String(error) });
  }
}

function tell(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}
