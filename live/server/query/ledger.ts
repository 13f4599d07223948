/** The ledger as the API shows it. */

import type { Live } from '../receive/live.ts';
import { SIGNALS } from '../store/ledger.ts';

/** Per signal and key what came in and where it is, the requests by how they ended, and the connections. */
export function ledger(live: Live): object {
  const signals = SIGNALS.map((signal) => {
    const { bytes, capBytes } = live[signal];
    let oldestMs: number | null = null;
    for (const { createdMs, committed } of live[signal].blocks()) {
      if (committed > 0) oldestMs = Math.min(oldestMs ?? createdMs, createdMs);
    }
    return { signal, ...live.ledger.total(signal), bytes, capBytes, oldestMs, keys: live.ledger.keys(signal) };
  });
  return { timeMs: live.now(), signals, requests: live.ledger.allRequests(), connections: live.connections() };
}
