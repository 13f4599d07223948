/** Texts for people: OTLP sets no bound to a name or a message, and one of megabytes may stand in every row, list and key. */
import { valueText, valueUnder } from '../otlp/values.ts';
import { NO_VALUE, STRING } from '../store/attribute-sets.ts';
import type { Block } from '../store/block.ts';
import type { ColumnSpec } from '../store/columns.ts';

/** Characters of a name. */
const MOST_NAME = 1000;

const decoder = new TextDecoder();

export const clip = (text: string, most = MOST_NAME): string => (text.length > most ? `${text.slice(0, most)}…` : text);

/** A string of a block's dictionary: what is longer is not read to its end, and ends with an ellipsis. */
export function clippedString({ dictionary }: Pick<Block<ColumnSpec>, 'dictionary'>, id: number, most = MOST_NAME): string {
  const bytes = dictionary.view(id);
  // No character takes more than three bytes for each of its units, and one that is cut is beyond what is kept.
  return bytes.length > most ? clip(decoder.decode(bytes.subarray(0, (most + 1) * 3)), most) : decoder.decode(bytes);
}

/** The same of a value. */
export function clippedValue(block: Pick<Block<ColumnSpec>, 'dictionary' | 'sets'>, ref: number, most = MOST_NAME): string {
  return (ref & 3) === STRING ? clippedString(block, ref >>> 2, most) : clip(valueText(block, ref), most);
}

/** The same of what a set says under `key`, the id of an attribute's key (-1 for none); '' where it says nothing. */
export function clippedUnder(block: Block<ColumnSpec>, set: number, key: number, most = MOST_NAME): string {
  const ref = key < 0 ? NO_VALUE : valueUnder(block, set, key);
  return ref === NO_VALUE ? '' : clippedValue(block, ref, most);
}
