/** An answer other than success that the caller is meant to read. `code` is snake_case and stable; `reason` is for a person. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  /** More fields of the body, such as `field` or `orderId`. */
  readonly details: Record<string, unknown>;

  constructor(status: number, code: string, reason: string, details: Record<string, unknown> = {}) {
    super(reason);
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.details = details;
  }

  get body(): object {
    return { error: this.code, reason: this.message, ...this.details };
  }
}

/** Seconds a client should wait before it tries again when a dependency is down: longer than a restart of a service takes. */
export const RETRY_AFTER_SECONDS = 3;

/** 503: `dependency` does not answer; the same request may be sent again. */
export function unavailable(dependency: string, details: Record<string, unknown> = {}): HttpError {
  return new HttpError(503, 'unavailable', `${dependency} does not answer now; try again in ${RETRY_AFTER_SECONDS} s`, details);
}

/** True where PostgreSQL could not be reached or is stopping, as against having refused a statement (SQLSTATE classes 08, 53, 57; pg's own errors have none). */
export function databaseIsAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  if (/^(08|53|57)/.test(code)) return true;
  return (
    /^(ECONN|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH)/.test(code) || /connect|Connection terminated/i.test(error.message)
  );
}
