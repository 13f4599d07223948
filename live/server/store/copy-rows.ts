/** Rows of one block into another: ids mean something in their own block only, so each is looked up or entered in the other. */
import { isAttribute, RAW, STRING } from './attribute-sets.ts';
import type { Block } from './block.ts';
import { type ColumnSpec, REFERENCES, widthOf } from './columns.ts';
import { Wire } from './wire.ts';

/** Appends rows [from, to) of a block to the blocks that `next` gives, one after the other as they fill; none of them may be full. */
export function copyRows<C extends ColumnSpec>(source: Block<C>, from: number, to: number, next: () => Block<C>): void {
  for (let row = from; row < to; ) {
    const target = next();
    const rows = Math.min(to - row, target.capacity - target.rows);
    new Copy(source, target).copy(row, rows);
    row += rows;
  }
}

/** One block's ids as those of another: found when first met. */
class Copy<C extends ColumnSpec> {
  private readonly source: Block<C>;
  private readonly target: Block<C>;
  private readonly bytes: Wire;
  private readonly starts: Uint32Array;
  /** Id there + 1, by id here. */
  private readonly texts: Uint32Array;
  private readonly sets: Uint32Array;

  constructor(source: Block<C>, target: Block<C>) {
    const { starts, heap } = source.dictionary.pack();
    this.source = source;
    this.target = target;
    this.bytes = new Wire(heap);
    this.starts = starts;
    this.texts = new Uint32Array(source.dictionary.count);
    this.sets = new Uint32Array(source.sets.count);
  }

  copy(from: number, rows: number): void {
    const { source, target } = this;
    const at = target.rows;
    for (const [name, column] of Object.entries<Uint32Array>(source.columns)) {
      const into = target.columns[name] as Uint32Array;
      const width = widthOf(into, target.capacity);
      switch (REFERENCES[name]) {
        case undefined:
          into.set(column.subarray(from * width, (from + rows) * width), at * width);
          break;
        case 'text':
          for (let i = 0; i < rows; i++) into[at + i] = this.text(column[from + i] as number);
          break;
        case 'value':
          for (let i = 0; i < rows; i++) into[at + i] = this.value(column[from + i] as number);
          break;
        case 'set':
          for (let i = 0; i < rows; i++) into[at + i] = this.set(column[from + i] as number);
          break;
        default:
          for (let i = 0; i < rows; i++) into[at + i] = this.rest(column[from + i] as number);
      }
    }
    target.rows += rows;
  }

  private text(id: number): number {
    let known = this.texts[id] as number;
    if (known === 0) {
      known = this.target.dictionary.intern(this.bytes, this.starts[id] as number, this.starts[id + 1] as number) + 1;
      this.texts[id] = known;
    }
    return known - 1;
  }

  private value(ref: number): number {
    const kind = ref & 3;
    return kind === STRING || kind === RAW ? ((this.text(ref >>> 2) << 2) | kind) >>> 0 : ref;
  }

  private set(id: number): number {
    let known = this.sets[id] as number;
    if (known === 0) {
      const { sets } = this.target;
      const size = this.source.sets.size(id);
      sets.begin();
      for (let i = 0; i < size; i++) {
        const key = this.source.sets.keyAt(id, i);
        sets.push(isAttribute(key) ? this.text(key) : key, this.value(this.source.sets.valueAt(id, i)));
      }
      known = sets.end() + 1;
      this.sets[id] = known;
    }
    return known - 1;
  }

  /** Rarely like another's: stored without a look. */
  private rest(rest: number): number {
    if (rest === 0) return 0;
    return this.target.dictionary.append(this.bytes, this.starts[rest - 1] as number, this.starts[rest] as number) + 1;
  }
}
