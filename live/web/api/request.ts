/** Room api: requests to the query API and its answers; see live/openapi.yml. */

/** `status` is 0 where no answer came at all. The message is one line that says what to do. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Query = Record<string, string | number | readonly string[] | undefined>;

/** Path and query of a request; what is undefined or '' is left out, lists are repeated as they are. */
export function apiPath(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) params.append(name, one);
    else if (value !== undefined && value !== '') params.append(name, String(value));
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

/** @throws ApiError, or the signal's AbortError. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { signal, headers: { accept: 'application/json' } });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'The live view does not answer: is it still running? This page tries again by itself.');
  }
  if (response.ok) return (await response.json()) as T;
  throw new ApiError(response.status, await reason(response));
}

async function reason(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const message = (body as { error?: { message?: string } } | undefined)?.error?.message;
  return (
    message ?? `The live view answered ${response.status} ${response.statusText}: reload the page so that it matches the server.`
  );
}

/**
 * Attribute filters from a search field: `key=value` parted by spaces, values with spaces in double quotes. What has no `=` is an error to show.
 */
export function readAttributes(text: string): { attributes: string[]; wrong: string[] } {
  const parts = text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
  const plain = parts.map((part) => part.replaceAll('"', ''));
  return { attributes: plain.filter((part) => part.indexOf('=') > 0), wrong: plain.filter((part) => part.indexOf('=') <= 0) };
}
