/** A view of how things are now: made anew where there is news, as often as it may be. */
import { GoneError, inSlices, type Steps } from '../store/slices.ts';
import { HALF_TICK_MS, VIEWS } from './frame-layout.ts';
import type { Section } from './frames.ts';
import { type Position, STREAM, type View } from './view.ts';

/** What has no news is made anew this often all the same: windows move on, and clients see that the server lives. */
const STALE_MS = 1000;

export class GaugeView implements View {
  readonly id: number;
  readonly request: View['request'];
  private readonly build: () => Section[] | Steps<Section[]>;
  private readonly versionOf: () => number;
  private made: readonly Section[] = [];
  private version = 0;
  private from = -1;
  private madeMs = Number.NEGATIVE_INFINITY;
  private making = false;
  private closed = false;

  constructor(id: number, request: View['request'], versionOf: () => number, build: () => Section[] | Steps<Section[]>) {
    this.id = id;
    this.request = request;
    this.versionOf = versionOf;
    this.build = build;
  }

  sections(nowMs: number, position: Position): readonly Section[] {
    const age = nowMs - this.madeMs;
    const news = this.versionOf() !== this.from && age >= 1000 / VIEWS[this.request.view].maxHz - HALF_TICK_MS;
    if ((news || age >= STALE_MS) && !this.making) {
      this.from = this.versionOf();
      this.madeMs = nowMs;
      const built = this.build();
      if (Array.isArray(built)) this.show(built);
      else this.make(built);
    }
    if (position.version === this.version) return [];
    position.version = this.version;
    return this.made;
  }

  close(): void {
    this.closed = true;
    this.made = [];
  }

  private show(made: readonly Section[]): void {
    this.made = made;
    this.version++;
  }

  /** What takes long is made between frames. */
  private make(steps: Steps<Section[]>): void {
    this.making = true;
    inSlices(steps, { owner: STREAM, gone: () => this.closed })
      .then((made) => this.show(made))
      .catch((error: unknown) => {
        if (!(error instanceof GoneError)) throw error;
      })
      .finally(() => {
        this.making = false;
      });
  }
}
