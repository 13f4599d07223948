/**
 * Aborts on Ctrl-C, on SIGTERM, when the terminal closes, and when npm, which ran this, has ended: npm passes a SIGTERM to its shell, and that ends
 * without passing it on.
 */
export function untilStopped(): AbortSignal {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  // Not once: without a handler a second Ctrl-C would end this process in the middle of its clean-up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // Nobody reads any more; without a listener the failing write would be an uncaught error.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', stop);
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === 'start') setInterval(() => process.ppid === parent || stop(), 200).unref();
  return stopping.signal;
}
