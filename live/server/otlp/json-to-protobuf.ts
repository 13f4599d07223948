/**
 * OTLP's JSON mapping -> protobuf, so that both come to the store the same way. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding:
 * lowerCamelCase names (the proto's own names are taken too), ids in hexadecimal, 64-bit integers as strings or numbers, unknown names ignored.
 *
 * One pass from bytes to bytes: no tree is made, and what nobody knows is moved over. What can be taken is taken: a value that is not what it should
 * be becomes the nearest faithful thing, an attribute that cannot be read is left out and counted in dropped_attributes_count, and so is an event or a
 * link; a span, record or point that cannot be read is left out and told.
 */
import { MAX_DEPTH, MalformedError, TooLargeError } from '../store/wire.ts';
import { MAX_ITEMS } from './decoder.ts';
import { findStep, type Plan, planOf, type Step } from './json-plan.ts';
import { CLOSE_ARRAY, CLOSE_OBJECT, JsonReader, NULL, OPEN_ARRAY, OPEN_OBJECT } from './json-reader.ts';
import { ScalarWriter, Unreadable } from './json-scalars.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import type { MessageName } from './schema.ts';

/** The most that a request may be as protobuf, which is about half of its JSON: it comes on top of all that is held. */
const MAX_MESSAGE_BYTES = 32 * 2 ** 20;

/** Messages have three counters at most, and each has what it said itself and what was left out. */
const COUNTERS = 6;
const MOST_32 = 2 ** 32 - 1;

export interface Transcoded {
  bytes: Uint8Array;
  /** Items that could not be read, and what was wrong with the first. */
  rejected: number;
  problem: string;
}

/**
 * Reads one OTLP JSON message and writes it as protobuf.
 * @throws MalformedError where it is not JSON, or no such message
 * @throws TooLargeError
 */
export function jsonToProtobuf(json: Uint8Array, message: MessageName): Transcoded {
  return new Transcoder(json).run(planOf(message));
}

/** The same for an object that is known to be right. */
export function objectToProtobuf(object: unknown, message: MessageName): Uint8Array {
  const { bytes, rejected, problem } = jsonToProtobuf(Buffer.from(JSON.stringify(object)), message);
  if (rejected > 0) throw new MalformedError(problem);
  return bytes;
}

class Transcoder {
  private rejected = 0;
  private problem = '';
  private readonly reader: JsonReader;
  private readonly writer: ProtobufWriter;
  private readonly unreadable = new Unreadable();
  private readonly scalars: ScalarWriter;
  /** The fields that the reader is in, the outermost first. */
  private readonly path: string[] = [];
  private pathLength = 1;
  /** By depth: what each counter of that message said, then what was left out. */
  private readonly counted = new Float64Array((MAX_DEPTH + 2) * COUNTERS);

  constructor(json: Uint8Array) {
    this.reader = new JsonReader(json);
    this.writer = new ProtobufWriter(Math.min(MAX_MESSAGE_BYTES, 256 + (json.length >>> 1)), MAX_MESSAGE_BYTES);
    this.scalars = new ScalarWriter(this.reader, this.writer, this.unreadable);
  }

  run(plan: Plan): Transcoded {
    const { reader, writer } = this;
    this.path[0] = plan.message;
    if (reader.peek() !== OPEN_OBJECT) {
      reader.skip();
      throw new MalformedError(`${plan.message} must be an object`);
    }
    this.message(plan, 0);
    reader.finish();
    return { bytes: writer.result(), rejected: this.rejected, problem: this.problem };
  }

  private message(plan: Plan, depth: number): void {
    const { reader } = this;
    if (reader.peek() !== OPEN_OBJECT) this.fail('an object');
    if (depth > MAX_DEPTH) this.fail(`nested less than ${MAX_DEPTH} deep`);
    reader.pos++;
    const counters = depth * COUNTERS;
    if (plan.counters.length > 0) this.counted.fill(0, counters, counters + COUNTERS);
    let guess = 0;
    for (let first = true; reader.more(first, CLOSE_OBJECT); first = false) {
      reader.key();
      const step = reader.escaped ? undefined : findStep(plan, guess, reader.bytes, reader.from, reader.to);
      const byte = reader.peek();
      if (step === undefined || byte === NULL) {
        reader.skip();
        continue;
      }
      guess = step.index + 1;
      this.path[depth + 1] = step.name;
      this.pathLength = depth + 2;
      if (!step.repeated) this.guarded(step, depth);
      else if (byte === OPEN_ARRAY) this.list(step, depth);
      else {
        this.unreadable.at = reader.pos;
        this.leaveOut(step, depth, reader.pos, 'an array');
      }
    }
    for (let i = 0; i < plan.counters.length; i++) {
      if (this.counted[counters + 3 + i] === 0) continue;
      this.writer.varint(plan.counters[i] as number);
      this.writer.varint(Math.min(MOST_32, (this.counted[counters + i] as number) + (this.counted[counters + 3 + i] as number)));
    }
  }

  private list(step: Step, depth: number): void {
    const { reader, writer } = this;
    reader.pos++;
    if (!step.packed) {
      for (let first = true; reader.more(first, CLOSE_ARRAY); first = false) this.guarded(step, depth);
      return;
    }
    writer.varint(step.tag);
    const start = writer.begin(1);
    for (let first = true; reader.more(first, CLOSE_ARRAY); first = false) this.scalars.write(step, 0);
    writer.end(start, 1);
  }

  /** Reads a value of the field that may turn out to be no such thing. */
  private guarded(step: Step, depth: number): void {
    if (step.cost === 'message') {
      this.value(step, depth);
      return;
    }
    const { length } = this.writer;
    this.reader.peek();
    const { pos } = this.reader;
    try {
      this.value(step, depth);
    } catch (error) {
      if (error !== this.unreadable) throw error;
      this.writer.rewind(length);
      this.leaveOut(step, depth, pos, this.unreadable.wanted);
    }
  }

  /** Moves over a value that was not what it should be, and lets it cost what it costs. */
  private leaveOut(step: Step, depth: number, pos: number, wanted: string): void {
    const { reader } = this;
    const { cost } = step;
    if (cost === 'message') this.fail(wanted);
    if (cost === 'request' || (cost === 'item' && this.rejected === 0)) this.problem = this.describe(wanted);
    if (cost === 'request') throw new MalformedError(this.problem);
    reader.pos = pos;
    reader.skip();
    if (cost === 'counted') {
      const at = depth * COUNTERS + 3 + step.counter;
      this.counted[at] = (this.counted[at] as number) + 1;
    } else if (cost === 'item' && ++this.rejected > MAX_ITEMS)
      throw new TooLargeError(`more than ${MAX_ITEMS} items in one request`);
  }

  private value(step: Step, depth: number): void {
    const { writer } = this;
    if (step.isCounter >= 0) {
      const count = this.scalars.readCount();
      this.counted[depth * COUNTERS + step.isCounter] = count;
      writer.varint(step.tag);
      writer.varint(count);
      return;
    }
    if (step.plan === undefined) {
      this.scalars.write(step, step.tag);
      return;
    }
    writer.varint(step.tag);
    const start = writer.begin(step.room);
    if (step.type === 'AnyValue') this.anyValue(step.plan, depth + 1);
    else this.message(step.plan, depth + 1);
    writer.end(start, step.room);
  }

  /** An AnyValue: an object that says which kind of value it has; the bare value is understood too. */
  private anyValue(plan: Plan, depth: number): void {
    const { reader } = this;
    const byte = reader.peek();
    if (byte === OPEN_ARRAY) this.fail('a value');
    if (byte !== OPEN_OBJECT) {
      this.scalars.writeAny('');
      return;
    }
    if (depth > MAX_DEPTH) this.fail(`nested less than ${MAX_DEPTH} deep`);
    reader.pos++;
    for (let first = true; reader.more(first, CLOSE_OBJECT); first = false) {
      reader.key();
      const step = reader.escaped ? undefined : findStep(plan, 0, reader.bytes, reader.from, reader.to);
      const next = reader.peek();
      if (step === undefined || next === NULL) reader.skip();
      else {
        this.path[depth + 1] = step.name;
        this.pathLength = depth + 2;
        if (step.plan !== undefined) this.value(step, depth);
        else this.scalars.writeAny(step.type);
      }
    }
  }

  private fail(wanted: string): never {
    this.unreadable.at = this.reader.pos;
    this.unreadable.wanted = wanted;
    throw this.unreadable;
  }

  /** Where the value is that was not what it should be, and how it begins. */
  private describe(wanted: string): string {
    const { reader, path, pathLength } = this;
    const { at } = this.unreadable;
    reader.pos = at;
    reader.skip();
    const value = Buffer.from(reader.bytes.subarray(at, Math.min(reader.pos, at + 60))).toString('utf8');
    return `${path.slice(0, pathLength).join('.')} must be ${wanted}, not ${value}`;
  }
}
