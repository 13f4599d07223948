/** A thread that decodes large requests for its process: started by large-requests.ts, which sends it one after the other. */
import { type MessagePort, parentPort, type Transferable } from 'node:worker_threads';
import type { PackedBlock } from '../store/block.ts';
import type { LedgerPart, Signal } from '../store/ledger.ts';
import { MalformedError, TooLargeError } from '../store/wire.ts';
import { type Format, Intake, NO_CAPS } from './intake.ts';

export interface LargeRequest {
  signal: Signal;
  bytes: Uint8Array;
  key: string;
  format: Format;
}

/** Rows that are not stored yet. */
export interface DecodedRows {
  blocks: PackedBlock[];
  rejected: number;
  /** Why items were left out; '' where none were. */
  message: string;
  ledger: LedgerPart;
}

/** What the thread answers. */
export interface ThreadAnswer {
  decoded?: DecodedRows;
  /** Why there is nothing to store. */
  error?: { kind: 'malformed' | 'too_large'; message: string };
}

const intake = new Intake(NO_CAPS, {}, Date.now);

function answer({ signal, bytes, key, format }: LargeRequest): [ThreadAnswer, Transferable[]] {
  try {
    const { rejected, message } = intake.take(signal, bytes, key, format);
    const blocks = intake[signal].drain().map((block) => block.pack());
    const arrays = blocks.flatMap(({ words, dictionary, sets }) => [words, ...Object.values(dictionary), ...Object.values(sets)]);
    const buffers = arrays.map(({ buffer }) => buffer as ArrayBuffer);
    return [{ decoded: { blocks, rejected, message, ledger: intake.ledger.drain() } }, buffers];
  } catch (error) {
    if (error instanceof MalformedError) return [{ error: { kind: 'malformed', message: error.message } }, []];
    if (error instanceof TooLargeError) return [{ error: { kind: 'too_large', message: error.message } }, []];
    throw error;
  }
}

const port = parentPort as MessagePort;
port.on('message', (request: LargeRequest) => {
  port.postMessage(...answer(request));
});
