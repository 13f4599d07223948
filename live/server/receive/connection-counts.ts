/** Connections by listener: how many came, and why those that are gone were closed. accepted = open + closed, always. */

const LISTENERS = ['grpc', 'http', 'page'] as const;
export type Listener = (typeof LISTENERS)[number];

/**
 * Why a connection ended. `client`: it hung up, or had its last answer. `no_key`: it had shown no key in time. `crowded`: too many were open.
 * `timeout`: it did not send its request in time. `idle`: nothing came on it for minutes. `malformed`: what came is no HTTP. `worker_ended`: so did the
 * process that had it.
 */
export type Closing = 'client' | 'no_key' | 'crowded' | 'timeout' | 'idle' | 'malformed' | 'worker_ended';

export interface ConnectionRow {
  listener: Listener;
  accepted: number;
  open: number;
  closed: Partial<Record<Closing, number>>;
}

export class ConnectionCounts {
  private readonly rows = LISTENERS.map((listener): ConnectionRow => ({ listener, accepted: 0, open: 0, closed: {} }));

  all(): readonly ConnectionRow[] {
    return this.rows;
  }

  opened(listener: Listener): void {
    const row = this.row(listener);
    row.accepted++;
    row.open++;
  }

  closed(listener: Listener, why: Closing, connections = 1): void {
    const row = this.row(listener);
    row.open -= connections;
    row.closed[why] = (row.closed[why] ?? 0) + connections;
  }

  add(rows: readonly ConnectionRow[]): this {
    for (const { listener, accepted, open, closed } of rows) {
      const row = this.row(listener);
      row.accepted += accepted;
      row.open += open;
      for (const [why, times] of Object.entries(closed) as [Closing, number][]) row.closed[why] = (row.closed[why] ?? 0) + times;
    }
    return this;
  }

  /** The process that had them ended: whatever was open there is closed. */
  addEnded(rows: readonly ConnectionRow[]): void {
    this.add(rows);
    for (const { listener, open } of rows) if (open > 0) this.closed(listener, 'worker_ended', open);
  }

  private row(listener: Listener): ConnectionRow {
    return this.rows.find((one) => one.listener === listener) as ConnectionRow;
  }
}
