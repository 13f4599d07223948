import { describe, expect, it } from 'vitest';
import { AttributeSets } from './attribute-sets.ts';
import { Dictionary, hash } from './dictionary.ts';
import { Wire } from './wire.ts';

const intern = (dictionary: Dictionary, text: string): number => {
  const wire = new Wire(Buffer.from(text));
  return dictionary.intern(wire, 0, wire.bytes.length);
};

describe('the dictionary', () => {
  it('gives equal strings one id and reads them back', () => {
    const dictionary = new Dictionary(4, 16);
    const texts = Array.from({ length: 5000 }, (_, n) => `text ${n % 1000} ${'é'.repeat(n % 7)}`);
    const ids = texts.map((text) => intern(dictionary, text));
    expect(dictionary.count).toBe(new Set(texts).size);
    expect(ids.map((id) => dictionary.text(id))).toEqual(texts);
  });

  it('does not tell strings apart by their hash alone', () => {
    const seen = new Map<number, string>();
    let pair: [string, string] | undefined;
    for (let n = 0; pair === undefined && n < 400_000; n++) {
      const text = `k${n.toString(36)}`;
      const bytes = Buffer.from(text);
      const of = hash(new Wire(bytes).view, 0, bytes.length);
      const other = seen.get(of);
      if (other !== undefined) pair = [other, text];
      seen.set(of, text);
    }
    const [one, other] = pair as [string, string];
    const dictionary = new Dictionary(4, 16);
    expect(dictionary.text(intern(dictionary, one))).toBe(one);
    expect(dictionary.text(intern(dictionary, other))).toBe(other);
  });

  it('stays quick when strings collide on purpose, and still finds every one of them', () => {
    // Of long strings 16 words are hashed: these differ between them.
    const dictionary = new Dictionary(4, 16);
    const texts = Array.from({ length: 20_000 }, (_, n) => {
      const bytes = Buffer.alloc(400, 'a');
      bytes.write(String(n).padStart(6, '0'), 5);
      return new Wire(bytes);
    });
    expect(new Set(texts.map(({ view }) => hash(view, 0, 400))).size).toBe(1);
    for (const wire of texts) dictionary.intern(wire, 0, 400);
    expect(dictionary.count).toBe(texts.length);
    expect(dictionary.idsOf(texts[19_999] as Wire)).toEqual([19_999]);
  });

  it('forgets all since a mark, and finds again what was there before', () => {
    const dictionary = new Dictionary(4, 16);
    const first = intern(dictionary, 'first');
    const mark = dictionary.mark();
    intern(dictionary, 'second');
    dictionary.rewind(mark);
    expect(dictionary.count).toBe(1);
    expect(intern(dictionary, 'first')).toBe(first);
    expect(dictionary.text(intern(dictionary, 'third'))).toBe('third');
  });
});

describe('attribute sets', () => {
  it('gives equal sets one id, set 0 being the empty one', () => {
    const sets = new AttributeSets(2, 2);
    const add = (...pairs: [number, number][]): number => {
      sets.begin();
      for (const [key, value] of pairs) sets.push(key, value);
      return sets.end();
    };
    expect(add()).toBe(0);
    const ids = Array.from({ length: 3000 }, (_, n) => add([1, n % 500], [2, 7]));
    expect(sets.count).toBe(501);
    expect(ids[0]).toBe(ids[500]);
    expect(sets.valueAt(ids[123] as number, 0)).toBe(123);
    expect(sets.size(ids[123] as number)).toBe(2);
  });

  it('forgets a set that was begun and never ended', () => {
    const sets = new AttributeSets(2, 2);
    sets.begin();
    sets.push(1, 1);
    sets.begin();
    sets.push(2, 2);
    const id = sets.end();
    expect([sets.size(id), sets.keyAt(id, 0)]).toEqual([1, 2]);
  });
});
