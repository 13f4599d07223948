/**
 * What came in and where it is, per signal and key: received = held + evicted + rejected + duplicate, always. Requests that were refused whole are counted
 * apart, since their items were never read.
 */
export const SIGNALS = ['traces', 'metrics', 'logs'] as const;
export type Signal = (typeof SIGNALS)[number];

const TRANSPORTS = ['grpc', 'http', 'import'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** Why a whole request was refused. */
export type Refusal = 'malformed' | 'unauthorized' | 'rate_limited' | 'timeout' | 'too_large' | 'unsupported' | 'overloaded';

interface LedgerRow {
  key: string;
  received: number;
  held: number;
  evicted: number;
  rejected: number;
  /** Came once more: delivered at least once means that some are. */
  duplicate: number;
  reasons: Record<string, number>;
}

interface RequestRow {
  signal: Signal;
  transport: Transport;
  key: string | null;
  accepted: number;
  refused: Partial<Record<Refusal, number>>;
}

/** What a process that keeps nothing itself has counted since it told last. */
export interface LedgerPart {
  rejected: { signal: Signal; key: string; reasons: Record<string, number> }[];
  requests: RequestRow[];
}

export class Ledger {
  private readonly rows: Record<Signal, Map<string, LedgerRow>> = { traces: new Map(), metrics: new Map(), logs: new Map() };
  private readonly requests = new Map<string, RequestRow>();

  /** A batch went in: `held` items are stored, `duplicate` ones were there already, others were left out, so many for each reason. */
  took(signal: Signal, key: string, held: number, duplicate = 0, reasons: Readonly<Record<string, number>> = {}): void {
    const row = this.row(signal, key);
    row.received += held + duplicate;
    row.held += held;
    row.duplicate += duplicate;
    for (const reason in reasons) {
      const items = reasons[reason] as number;
      if (items === 0) continue;
      row.received += items;
      row.rejected += items;
      row.reasons[reason] = (row.reasons[reason] ?? 0) + items;
    }
  }

  evicted(signal: Signal, key: string, items: number): void {
    const row = this.row(signal, key);
    row.held -= items;
    row.evicted += items;
  }

  /** A whole request was answered: `refusal` is why not, if not. */
  request(signal: Signal, transport: Transport, key: string | null, refusal?: Refusal): void {
    const row = this.requestRow(signal, transport, key);
    if (refusal === undefined) row.accepted++;
    else row.refused[refusal] = (row.refused[refusal] ?? 0) + 1;
  }

  /** Hands over what was rejected and refused, and begins anew. */
  drain(): LedgerPart {
    const rejected = SIGNALS.flatMap((signal) =>
      this.keys(signal).flatMap(({ key, reasons }) => (Object.keys(reasons).length > 0 ? [{ signal, key, reasons }] : [])),
    );
    const requests = this.allRequests();
    for (const signal of SIGNALS) this.rows[signal].clear();
    this.requests.clear();
    return { rejected, requests };
  }

  /** Takes in what another ledger has handed over. */
  add({ rejected, requests }: LedgerPart): void {
    for (const { signal, key, reasons } of rejected) this.took(signal, key, 0, 0, reasons);
    for (const { signal, transport, key, accepted, refused } of requests) {
      const row = this.requestRow(signal, transport, key);
      row.accepted += accepted;
      for (const [refusal, times] of Object.entries(refused) as [Refusal, number][])
        row.refused[refusal] = (row.refused[refusal] ?? 0) + times;
    }
  }

  keys(signal: Signal): LedgerRow[] {
    return [...this.rows[signal].values()];
  }

  allRequests(): RequestRow[] {
    return [...this.requests.values()];
  }

  total(signal: Signal): Omit<LedgerRow, 'key' | 'reasons'> {
    const sum = { received: 0, held: 0, evicted: 0, rejected: 0, duplicate: 0 };
    for (const row of this.rows[signal].values()) {
      sum.received += row.received;
      sum.held += row.held;
      sum.evicted += row.evicted;
      sum.rejected += row.rejected;
      sum.duplicate += row.duplicate;
    }
    return sum;
  }

  private requestRow(signal: Signal, transport: Transport, key: string | null): RequestRow {
    const name = `${signal} ${transport} ${key ?? ''}`;
    let row = this.requests.get(name);
    if (row === undefined) {
      row = { signal, transport, key, accepted: 0, refused: {} };
      this.requests.set(name, row);
    }
    return row;
  }

  private row(signal: Signal, key: string): LedgerRow {
    let row = this.rows[signal].get(key);
    if (row === undefined) {
      row = { key, received: 0, held: 0, evicted: 0, rejected: 0, duplicate: 0, reasons: {} };
      this.rows[signal].set(key, row);
    }
    return row;
  }
}
