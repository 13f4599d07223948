import type { Service } from '../telemetry/signals.ts';
import { FAULTS, type FaultName, isFault } from './faults.ts';

/** A fault that somebody forgot ends after this long. */
export const FAULT_MINUTES = 30;

/** Which faults are on in this process; all are off at start, and end with it. */
export class Faults {
  readonly #on = new Map<FaultName, { limit: NodeJS.Timeout; undo?: (() => void) | undefined }>();
  readonly #effects = new Map<FaultName, () => () => void>();
  readonly #changed: (name: FaultName, on: boolean) => void;

  /** `changed` is called before each change, and prevents it by throwing. */
  constructor(changed: (name: FaultName, on: boolean) => void = () => {}) {
    this.#changed = changed;
  }

  on(name: FaultName): boolean {
    return this.#on.has(name);
  }

  /** For a fault that acts by itself, not in a request: `begin` runs when it is switched on, and what it returned when it ends. */
  during(name: FaultName, begin: () => () => void): void {
    this.#effects.set(name, begin);
  }

  /** Switches it, on for `milliseconds` at most; without effect where it is so already. */
  set(name: FaultName, on: boolean, milliseconds = FAULT_MINUTES * 60_000): void {
    if (on === this.on(name)) return;
    this.#changed(name, on);
    if (on) {
      const limit = setTimeout(() => this.set(name, false), milliseconds).unref();
      this.#on.set(name, { limit, undo: this.#effects.get(name)?.() });
    } else this.#end(name);
  }

  /** Every fault of `service` and whether it is on. */
  list(service: Service): Record<string, boolean> {
    const own = Object.keys(FAULTS).filter((name) => isFault(name) && FAULTS[name].service === service);
    return Object.fromEntries(own.map((name) => [name, isFault(name) && this.on(name)]));
  }

  /** Ends them all as the process does: what they hold must not keep it. */
  close(): void {
    for (const name of [...this.#on.keys()]) this.#end(name);
  }

  #end(name: FaultName): void {
    const state = this.#on.get(name);
    this.#on.delete(name);
    clearTimeout(state?.limit);
    state?.undo?.();
  }
}
