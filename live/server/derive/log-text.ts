/** What a log record says: its body, and where it has none, as crash reports of apps, the exception or the event that it tells of. */
import { restJson } from '../otlp/rows.ts';
import { timeMs, valueText, valueUnder } from '../otlp/values.ts';
import { NO_VALUE, STRING } from '../store/attribute-sets.ts';
import type { LogBlock } from '../store/block.ts';
import { remembered } from '../store/remembered.ts';
import { Wire } from '../store/wire.ts';
import { clip, clippedUnder, clippedValue } from './clipped.ts';

/** Characters of an exception's type: what is longer is none. */
const MOST_TYPE = 300;

const EXCEPTION_TYPE = new Wire(Buffer.from('exception.type'));
const EXCEPTION_MESSAGE = new Wire(Buffer.from('exception.message'));
const EXCEPTION_STACKTRACE = new Wire(Buffer.from('exception.stacktrace'));

/** Reads the texts of one block's records; keys are looked up once. */
export class LogText {
  private readonly block: LogBlock;
  private readonly type: number;
  private readonly message: number;
  private readonly stacktrace: number;

  constructor(block: LogBlock) {
    this.block = block;
    this.type = block.dictionary.lookUp(EXCEPTION_TYPE);
    this.message = block.dictionary.lookUp(EXCEPTION_MESSAGE);
    this.stacktrace = block.dictionary.lookUp(EXCEPTION_STACKTRACE);
  }

  exceptionType(row: number): string {
    return this.attribute(row, this.type, MOST_TYPE);
  }

  /** The same for records whose `of` and type are the same; '' where that cannot be told without reading them. */
  reference(row: number): string {
    const { columns, dictionary } = this.block;
    const body = columns.body[row] as number;
    const said = (body & 3) === STRING ? dictionary.view(body >>> 2).length > 0 : body !== NO_VALUE;
    const type = this.type < 0 ? NO_VALUE : valueUnder(this.block, columns.attributes[row] as number, this.type);
    return said && (type !== NO_VALUE || columns.rest[row] === 0) ? `${body} ${type}` : '';
  }

  /** '' for a record that is no event. */
  eventName(row: number): string {
    const rest = this.block.columns.rest[row] as number;
    return rest === 0 ? '' : clip(String(restJson(this.block, rest, 'LogRecord').eventName ?? ''));
  }

  /** One line's text. @param most characters of it: what is longer is not read to its end, and ends with an ellipsis */
  of(row: number, most = Number.POSITIVE_INFINITY): string {
    const body = clippedValue(this.block, this.block.columns.body[row] as number, most);
    if (body !== '') return body;
    const said = [this.exceptionType(row), this.attribute(row, this.message, most)].filter((part) => part !== '').join(': ');
    return clip(said || this.eventName(row), most);
  }

  /**
   * A test of rows for what they say, upper and lower case alike: anywhere that `of` is taken from, or in the exception. What many records have in
   * common is read once.
   */
  saying(text: string): (row: number) => boolean {
    const wanted = text.toLowerCase();
    const { columns } = this.block;
    const inValue = remembered((ref) => valueText(this.block, ref).toLowerCase().includes(wanted));
    const keys = [this.type, this.message, this.stacktrace].filter((key) => key >= 0);
    return (row) => {
      if (inValue(columns.body[row] as number)) return true;
      const set = columns.attributes[row] as number;
      return (
        keys.some((key) => inValue(valueUnder(this.block, set, key))) ||
        (columns.rest[row] !== 0 && this.eventName(row).toLowerCase().includes(wanted))
      );
    };
  }

  private attribute(row: number, key: number, most = Number.POSITIVE_INFINITY): string {
    return clippedUnder(this.block, this.block.columns.attributes[row] as number, key, most);
  }
}

/** When a log record happened; where it does not say, when it was observed. */
export function logTimeMs({ columns }: LogBlock, row: number): number {
  return timeMs(columns.time, row) || timeMs(columns.observed, row);
}
