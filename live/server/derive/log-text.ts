/** What a log record says: its body, and where it has none, as crash reports of apps, the exception or the event that it tells of. */
import { restJson } from '../otlp/rows.ts';
import { valueText, valueUnder } from '../otlp/values.ts';
import { NO_VALUE } from '../store/attribute-sets.ts';
import type { LogBlock } from '../store/block.ts';
import { Wire } from '../store/wire.ts';

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
    return this.attribute(row, this.type);
  }

  /** '' for a record that is no event. */
  eventName(row: number): string {
    const rest = this.block.columns.rest[row] as number;
    return rest === 0 ? '' : String(restJson(this.block, rest, 'LogRecord').eventName ?? '');
  }

  /** One line's text. */
  of(row: number): string {
    const body = valueText(this.block, this.block.columns.body[row] as number);
    if (body !== '') return body;
    const said = [this.exceptionType(row), this.attribute(row, this.message)].filter((part) => part !== '').join(': ');
    return said || this.eventName(row);
  }

  /** Whether the record says `wanted`, in lower case, anywhere that `of` or its exception is taken from. */
  includes(row: number, wanted: string): boolean {
    const { body } = this.block.columns;
    return (
      valueText(this.block, body[row] as number)
        .toLowerCase()
        .includes(wanted) ||
      [this.type, this.message, this.stacktrace].some((key) => this.attribute(row, key).toLowerCase().includes(wanted)) ||
      this.eventName(row).toLowerCase().includes(wanted)
    );
  }

  private attribute(row: number, key: number): string {
    const ref = key < 0 ? NO_VALUE : valueUnder(this.block, this.block.columns.attributes[row] as number, key);
    return ref === NO_VALUE ? '' : valueText(this.block, ref);
  }
}
