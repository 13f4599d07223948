/** ExportLogsServiceRequest -> rows of log records. */
import { NO_VALUE } from '../store/attribute-sets.ts';
import type { LOG_COLUMNS } from '../store/columns.ts';
import { readAttribute, readValue } from './attributes.ts';
import { Decoder, MAX_ATTRIBUTES } from './decoder.ts';

/** Severity numbers end at 24 (FATAL4); any other is stored as 0 (unspecified). */
const SEVERITIES = 25;

/** Tag of the field that counts the attributes that were left out. */
const DROPPED_ATTRIBUTES = 0x38;

export class LogDecoder extends Decoder<typeof LOG_COLUMNS> {
  protected item(end: number): void {
    const row = this.nextRow();
    const { wire } = this;
    const { columns, dictionary, sets } = this.block;
    let body = NO_VALUE;
    let severityText = -1;
    let valid = true;
    let attributes = 0;
    let dropped = 0;
    sets.begin();
    while (wire.pos < end) {
      const from = wire.pos;
      const tag = wire.tag(end);
      switch (tag) {
        case 0x09:
          this.copy8(columns.time, row, wire.take(8, end));
          break;
        case 0x59:
          this.copy8(columns.observed, row, wire.take(8, end));
          break;
        case 0x10: {
          const severity = wire.varint(end);
          columns.severity[row] = severity < SEVERITIES ? severity : 0;
          break;
        }
        case 0x1a: {
          const stop = wire.length(end);
          severityText = dictionary.intern(wire, wire.pos, stop);
          wire.pos = stop;
          break;
        }
        case 0x2a:
          body = readValue(wire, wire.length(end), dictionary);
          break;
        case 0x32: {
          const stop = wire.length(end);
          if (++attributes > MAX_ATTRIBUTES) {
            wire.pos = stop;
            dropped++;
          } else if (!readAttribute(wire, stop, dictionary, sets)) dropped++;
          break;
        }
        case 0x4a: {
          const stop = wire.length(end);
          if (stop - wire.pos === 16) {
            this.copy8(columns.trace, row * 2, wire.pos);
            this.copy8(columns.trace, row * 2 + 1, wire.pos + 8);
          } else valid &&= stop === wire.pos;
          wire.pos = stop;
          break;
        }
        case 0x52: {
          const stop = wire.length(end);
          if (stop - wire.pos === 8) this.copy8(columns.span, row, wire.pos);
          else valid &&= stop === wire.pos;
          wire.pos = stop;
          break;
        }
        case DROPPED_ATTRIBUTES:
        case 0x45: // flags
        case 0x62: // event name
          wire.skip(tag, end);
          this.keepRest(from, wire.pos);
          break;
        default:
          wire.skip(tag, end);
      }
    }
    if (!valid) {
      this.reject('invalid_id');
      return;
    }
    columns.severityText[row] = severityText < 0 ? dictionary.intern(wire, end, end) : severityText;
    columns.body[row] = body;
    columns.resource[row] = this.resource;
    columns.scope[row] = this.scope;
    columns.attributes[row] = sets.end();
    columns.rest[row] = this.storeRest(dictionary, dropped > 0 ? new Map([[DROPPED_ATTRIBUTES, dropped]]) : undefined);
    this.accept();
  }
}
