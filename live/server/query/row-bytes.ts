/** How many bytes rows come to as JSON, about: told by the lengths of what they refer to, so that nothing has to be read for it. */
import { RAW, STRING } from '../store/attribute-sets.ts';
import type { Block } from '../store/block.ts';
import { type ColumnSpec, REFERENCES } from '../store/columns.ts';
import { remembered } from '../store/remembered.ts';

/** Of one row besides what it refers to; of one attribute besides its key and value. */
const PER_ROW = 200;
const PER_PAIR = 40;

/** A function of a block's rows. @param columns those that count: one large text may be in every row, and is in the answer as often */
export function rowBytes<C extends ColumnSpec>(block: Block<C>, columns: readonly (keyof C & string)[]): (row: number) => number {
  const { sets, dictionary } = block;
  const ofText = (id: number): number => (id < dictionary.count ? dictionary.view(id).length : 0);
  const ofValue = (ref: number): number => ((ref & 3) === STRING || (ref & 3) === RAW ? ofText(ref >>> 2) : 0);
  const ofSet = remembered((set) => {
    let bytes = 0;
    for (let i = 0; i < sets.size(set); i++) bytes += PER_PAIR + ofText(sets.keyAt(set, i)) + ofValue(sets.valueAt(set, i));
    return bytes;
  });
  const parts = columns.map((name): [Uint32Array, (word: number) => number] => {
    const refersTo = REFERENCES[name];
    const of = refersTo === 'set' ? ofSet : refersTo === 'value' ? ofValue : refersTo === 'text' ? ofText : ofRest;
    return [block.columns[name], of];
  });
  function ofRest(rest: number): number {
    return rest === 0 ? 0 : ofText(rest - 1);
  }
  return (row) => parts.reduce((sum, [column, of]) => sum + of(column[row] as number), PER_ROW);
}
