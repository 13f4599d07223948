/** Random OTLP requests from a seed, so that what fails can be run again. */

/** Numbers from 0 to 1 (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS = ['GET /api/products', 'checkout', 'ünïcode ✓', '', 'db.query', 'a'.repeat(70), 'http.route', 'naïve', '0', 'true'];

export class RandomOtlp {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = random(seed);
  }

  traces(): object {
    return {
      resourceSpans: this.list(3, () => ({
        ...this.resource(),
        scopeSpans: this.list(3, () => this.scoped('spans', () => this.span())),
      })),
    };
  }

  logs(): object {
    return {
      resourceLogs: this.list(3, () => ({
        ...this.resource(),
        scopeLogs: this.list(3, () => this.scoped('logRecords', () => this.log())),
      })),
    };
  }

  metrics(): object {
    return {
      resourceMetrics: this.list(3, () => ({
        ...this.resource(),
        scopeMetrics: this.list(3, () => this.scoped('metrics', () => this.metric())),
      })),
    };
  }

  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => 1 + this.int(255)));
  }

  private list<T>(most: number, one: () => T): T[] {
    return Array.from({ length: this.int(most + 1) }, one);
  }

  private word(): string {
    return this.chance(0.3) ? `w${this.int(1000)}` : (WORDS[this.int(WORDS.length)] ?? '');
  }

  private uint64(): string {
    return ((BigInt(this.int(2 ** 32)) << 32n) | BigInt(this.int(2 ** 32))).toString();
  }

  private int64(): string {
    return this.chance(0.6) ? String(this.int(2 ** 30) - 1000) : BigInt.asIntN(64, BigInt(this.uint64())).toString();
  }

  private double(): number {
    return this.chance(0.2) ? 0 : (this.next() - 0.5) * 10 ** this.int(12);
  }

  private anyValue(depth = 0): object {
    switch (this.int(depth > 2 ? 5 : 8)) {
      case 0:
        return { boolValue: this.chance(0.5) };
      case 1:
        return { intValue: this.int64() };
      case 2:
        return { doubleValue: this.double() };
      case 3:
        return { bytesValue: this.bytes(this.int(5)) };
      case 5:
        return { arrayValue: { values: this.list(3, () => this.anyValue(depth + 1)) } };
      case 6:
        return { kvlistValue: { values: this.list(3, () => ({ key: this.word(), value: this.anyValue(depth + 1) })) } };
      default:
        return { stringValue: this.word() };
    }
  }

  private attributes(): object[] {
    return this.list(6, () => ({ key: this.word(), value: this.anyValue() }));
  }

  private resource(): object {
    if (this.chance(0.1)) return {};
    const name = { key: 'service.name', value: { stringValue: `service-${this.int(4)}` } };
    return { resource: { attributes: [...this.attributes(), ...(this.chance(0.8) ? [name] : [])] } };
  }

  private scoped(items: string, one: () => object): object {
    const scope = this.chance(0.8) ? { scope: { name: this.word(), version: this.word(), attributes: this.attributes() } } : {};
    return { ...scope, [items]: this.list(8, one) };
  }

  private span(): object {
    return {
      traceId: this.bytes(16),
      spanId: this.bytes(8),
      ...(this.chance(0.7) ? { parentSpanId: this.bytes(8) } : {}),
      traceState: this.word(),
      name: this.word(),
      kind: this.int(6),
      startTimeUnixNano: this.uint64(),
      endTimeUnixNano: this.uint64(),
      attributes: this.attributes(),
      droppedAttributesCount: this.int(3),
      events: this.list(2, () => ({
        timeUnixNano: this.uint64(),
        name: this.word(),
        attributes: this.attributes(),
        droppedAttributesCount: this.int(2),
      })),
      droppedEventsCount: this.int(3),
      links: this.list(2, () => ({
        traceId: this.bytes(16),
        spanId: this.bytes(8),
        traceState: this.word(),
        attributes: this.attributes(),
        flags: this.int(300),
      })),
      droppedLinksCount: this.int(3),
      ...(this.chance(0.5) ? { status: { code: this.int(3), message: this.word() } } : {}),
      flags: this.int(1000),
    };
  }

  private log(): object {
    return {
      timeUnixNano: this.uint64(),
      observedTimeUnixNano: this.uint64(),
      severityNumber: this.int(25),
      severityText: this.word(),
      ...(this.chance(0.9) ? { body: this.anyValue() } : {}),
      attributes: this.attributes(),
      droppedAttributesCount: this.int(3),
      flags: this.int(300),
      ...(this.chance(0.5) ? { traceId: this.bytes(16), spanId: this.bytes(8) } : {}),
      eventName: this.word(),
    };
  }

  private metric(): object {
    const described = { name: this.word(), description: this.word(), unit: this.word() };
    const aggregationTemporality = this.int(3);
    const dataPoints = (one: () => object): object[] => this.list(4, () => ({ ...one(), ...this.pointHead() }));
    switch (this.int(5)) {
      case 0:
        return { ...described, gauge: { dataPoints: dataPoints(() => this.number()) } };
      case 1:
        return {
          ...described,
          sum: { dataPoints: dataPoints(() => this.number()), aggregationTemporality, isMonotonic: this.chance(0.5) },
        };
      case 2:
        return { ...described, histogram: { dataPoints: dataPoints(() => this.histogram()), aggregationTemporality } };
      case 3:
        return {
          ...described,
          exponentialHistogram: { dataPoints: dataPoints(() => this.exponential()), aggregationTemporality },
        };
      default:
        return { ...described, summary: { dataPoints: dataPoints(() => this.summary()) } };
    }
  }

  private pointHead(): object {
    return { attributes: this.attributes(), startTimeUnixNano: this.uint64(), timeUnixNano: this.uint64(), flags: this.int(2) };
  }

  private exemplars(): object[] {
    return this.list(2, () => ({
      timeUnixNano: this.uint64(),
      ...(this.chance(0.5) ? { asDouble: this.double() } : { asInt: this.int64() }),
      traceId: this.bytes(16),
      spanId: this.bytes(8),
      filteredAttributes: this.attributes(),
    }));
  }

  private number(): object {
    return { ...(this.chance(0.5) ? { asDouble: this.double() } : { asInt: this.int64() }), exemplars: this.exemplars() };
  }

  private histogram(): object {
    const explicitBounds = this.list(4, () => this.double()).sort((a, b) => a - b);
    return {
      count: String(this.int(1000)),
      ...(this.chance(0.5) ? { sum: this.double(), min: this.double(), max: this.double() } : {}),
      bucketCounts: explicitBounds.map(() => String(this.int(100))),
      explicitBounds,
      exemplars: this.exemplars(),
    };
  }

  private exponential(): object {
    const buckets = (): object => ({ offset: this.int(100) - 50, bucketCounts: this.list(5, () => String(this.int(2 ** 31))) });
    return {
      count: String(this.int(1000)),
      ...(this.chance(0.5) ? { sum: this.double(), min: this.double(), max: this.double() } : {}),
      scale: this.int(30) - 10,
      zeroCount: String(this.int(10)),
      positive: buckets(),
      negative: buckets(),
      zeroThreshold: this.double(),
      exemplars: this.exemplars(),
    };
  }

  private summary(): object {
    return {
      count: String(this.int(1000)),
      sum: this.double(),
      quantileValues: this.list(3, () => ({ quantile: this.next(), value: this.double() })),
    };
  }
}
