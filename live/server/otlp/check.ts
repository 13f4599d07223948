/** Walks a message that is kept as bytes, so that whoever reads it later may trust it. */

import { LENGTH, MAX_DEPTH, MalformedError, VARINT, type Wire } from '../store/wire.ts';
import { FIELDS_BY_NUMBER, isMessage, type MessageName, wireType } from './schema.ts';

/** Moves `wire` to `end` over one message. @throws MalformedError where the bytes are not one. */
export function checkMessage(wire: Wire, end: number, message: MessageName, depth = 0): void {
  if (depth > MAX_DEPTH) throw new MalformedError(`messages nested more than ${MAX_DEPTH} deep at byte ${wire.pos}`);
  const fields = FIELDS_BY_NUMBER[message];
  while (wire.pos < end) {
    const tag = wire.tag(end);
    checkField(wire, tag, end, fields, depth);
  }
}

/** Moves `wire` over the value of one field whose tag was just read. */
function checkField(wire: Wire, tag: number, end: number, fields: (typeof FIELDS_BY_NUMBER)[MessageName], depth: number): void {
  const field = fields.get(tag >>> 3);
  if (field === undefined || (tag & 7) !== LENGTH) {
    wire.skip(tag, end);
    return;
  }
  const stop = wire.length(end);
  if (isMessage(field.type)) checkMessage(wire, stop, field.type, depth + 1);
  else if (field.repeated && wireType(field.type) !== LENGTH) checkPacked(wire, stop, wireType(field.type));
  else wire.pos = stop;
}

function checkPacked(wire: Wire, end: number, type: number): void {
  if (type === VARINT) while (wire.pos < end) wire.varint(end);
  else while (wire.pos < end) wire.take(type === 1 ? 8 : 4, end);
}
