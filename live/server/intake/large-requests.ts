/**
 * Requests that take more than some ten milliseconds to decode: a thread does it, one request after the other, those of each key in turn, so that who
 * sends little waits for none of them. One that takes too long ends with its thread.
 */
import { Worker } from 'node:worker_threads';
import { MalformedError, TooLargeError } from '../store/wire.ts';
import { builtFile } from './built-file.ts';
import type { DecodedRows, LargeRequest, ThreadAnswer } from './decode-thread.ts';
import type { Format } from './intake.ts';

/** A request with more bytes is large. */
const LARGE_BYTES: Record<Format, number> = { protobuf: 2 ** 20, json: 2 ** 19 };

/** How long a request may take to decode: some ten times what the largest take. */
const DEADLINE_MS = 20_000;

/** A thread that has nothing to do ends after so long: it takes some ten megabytes. */
const IDLE_MS = 10_000;

/** After a larger request the thread ends, and its memory is free at once: the collector would take its time. */
const KEPT_BYTES = 8 * 2 ** 20;

/** Of a thread's JavaScript objects; a request's bytes and rows are not among them. */
const HEAP_MEGABYTES = 96;

interface Job {
  request: LargeRequest;
  bytes: number;
  deadlineMs: number;
  resolve(decoded: DecodedRows): void;
  reject(error: Error): void;
}

export const isLarge = (bytes: number, format: Format): boolean => bytes > LARGE_BYTES[format];

/** Whose requests wait; the one in front is next. */
const lines = new Map<string, Job[]>();
let current: Job | undefined;
let thread: Worker | undefined;
let timer: NodeJS.Timeout | undefined;

/**
 * Decodes a request; its bytes are gone.
 * @throws MalformedError, TooLargeError
 */
export function decodeLarge(request: LargeRequest, deadlineMs = DEADLINE_MS): Promise<DecodedRows> {
  return new Promise((resolve, reject) => {
    const job = { request, bytes: request.bytes.length, deadlineMs, resolve, reject };
    const line = lines.get(request.key);
    if (line === undefined) lines.set(request.key, [job]);
    else line.push(job);
    if (current === undefined) next();
  });
}

function next(): void {
  clearTimeout(timer);
  const [first] = lines;
  if (first === undefined) {
    timer = setTimeout(end, IDLE_MS).unref();
    return;
  }
  const [key, line] = first;
  lines.delete(key);
  current = line.shift() as Job;
  // Behind all others.
  if (line.length > 0) lines.set(key, line);
  const { request, deadlineMs } = current;
  thread ??= start();
  timer = setTimeout(() => {
    end();
    finish(new TooLargeError(`decoding it took more than ${deadlineMs / 1000} s`));
  }, deadlineMs);
  thread.postMessage(request, [request.bytes.buffer as ArrayBuffer]);
}

function start(): Worker {
  const made = new Worker(builtFile('intake/decode-thread'), { resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES } });
  // A request that is under way keeps the process by its timer.
  made.unref();
  made.on('message', (answer: ThreadAnswer) => {
    if (made === thread) finish(answer);
  });
  made.on('error', (error: NodeJS.ErrnoException) => {
    if (made !== thread) return;
    thread = undefined;
    const tooLarge = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    finish(tooLarge ? new TooLargeError('decoding it took too much memory') : error);
  });
  return made;
}

function end(): void {
  void thread?.terminate();
  thread = undefined;
}

function finish(answer: ThreadAnswer | Error): void {
  const job = current;
  current = undefined;
  if (job !== undefined && job.bytes > KEPT_BYTES) end();
  if (answer instanceof Error) job?.reject(answer);
  else if (answer.decoded !== undefined) job?.resolve(answer.decoded);
  else if (answer.error?.kind === 'malformed') job?.reject(new MalformedError(answer.error.message));
  else job?.reject(new TooLargeError(answer.error?.message ?? 'no answer'));
  next();
}
