/** What the page and its stream worker say to each other. */
import type { ClientMessage, Frame, ServerMessage } from '../../server/stream/frame-layout.ts';

export type ToWorker = { open: string } | { send: ClientMessage };

export type FromWorker =
  | { opened: true }
  /** The socket is gone; the worker tries again after `retryMs`. `before` is true where it never opened. */
  | { closed: true; before: boolean; retryMs: number }
  | { frame: Frame; bytes: number; decodeMs: number }
  | { said: Exclude<ServerMessage, { frame: unknown }> }
  /** The bytes were not a frame of this version. */
  | { broken: string };
