/** What was left out of a message, counted in the field that OTLP has for it. */
import { Wire } from '../store/wire.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

const MOST_32 = 2 ** 32 - 1;

/**
 * The fields to add to a message: of a field that is there twice the last one counts.
 * @param message its fields, the counts that it came with among them
 * @param dropped how many were left out, by the tag of the field that counts them
 */
export function withDropped(message: Uint8Array, dropped: ReadonlyMap<number, number>): Uint8Array {
  const counts = new Map(dropped);
  const wire = new Wire(message);
  while (wire.pos < message.length) {
    const tag = wire.tag(message.length);
    const here = dropped.get(tag);
    if (here === undefined) wire.skip(tag, message.length);
    else counts.set(tag, here + wire.varint(message.length));
  }
  const writer = new ProtobufWriter(16);
  for (const [tag, count] of counts) {
    writer.varint(tag);
    writer.varint(Math.min(MOST_32, count));
  }
  return writer.result();
}
