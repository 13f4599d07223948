/** Logging in: a one-time link sets a cookie. Nothing is written to disk: sessions end with the process. */
import type { IncomingMessage } from 'node:http';
import { newToken } from './keys.ts';

const MAX_LINKS = 100;
const MAX_SESSIONS = 1000;

export class Sessions {
  readonly cookieName: string;
  private readonly links = new Set<string>();
  private readonly sessions = new Set<string>();
  private readonly secure: boolean;

  /** @param port names the cookie, since browsers share cookies among the ports of a host */
  constructor(port: number, secure: boolean) {
    this.cookieName = `sightline_${port}`;
    this.secure = secure;
  }

  /** A new token for a one-time link. */
  newLink(): string {
    const token = newToken();
    this.links.add(token);
    dropOldest(this.links, MAX_LINKS);
    return token;
  }

  /** Uses a link up; returns the Set-Cookie header, or undefined where it is not good (any more). */
  logIn(token: string): string | undefined {
    if (!this.links.delete(token)) return undefined;
    const session = newToken();
    this.sessions.add(session);
    dropOldest(this.sessions, MAX_SESSIONS);
    // Lax, so that links from Grafana and Jaeger arrive logged in; what changes anything checks the origin besides.
    return `${this.cookieName}=${session}; Path=/; HttpOnly; SameSite=Lax${this.secure ? '; Secure' : ''}`;
  }

  has(request: IncomingMessage): boolean {
    const session = this.read(request);
    return session !== undefined && this.sessions.has(session);
  }

  /** Ends the request's session; returns the Set-Cookie header that takes the cookie away. */
  logOut(request: IncomingMessage): string {
    this.sessions.delete(this.read(request) ?? '');
    return `${this.cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;
  }

  private read(request: IncomingMessage): string | undefined {
    for (const part of (request.headers.cookie ?? '').split(';')) {
      const [name, value] = part.trim().split('=', 2);
      if (name === this.cookieName) return value;
    }
    return undefined;
  }
}

function dropOldest(set: Set<string>, most: number): void {
  for (const oldest of set) {
    if (set.size <= most) return;
    set.delete(oldest);
  }
}

/** Whether a request comes from this server's own page: browsers send the Origin, and no other page can forge it. */
export function sameOrigin({ headers }: IncomingMessage): boolean {
  try {
    return headers.origin !== undefined && new URL(headers.origin).host === headers.host;
  } catch {
    return false;
  }
}
