/** A colour for each service: the same for the same name, and different ones side by side while there are colours left. */

/** Keeps who has which of `count` hues. */
export function createHues(count: number): (name: string) => number {
  const given = new Map<string, number>();
  const taken = new Set<number>();
  return (name) => {
    let hue = given.get(name);
    if (hue === undefined) {
      hue = hash(name) % count;
      while (taken.size < count && taken.has(hue)) hue = (hue + 1) % count;
      taken.add(hue);
      given.set(name, hue);
    }
    return hue;
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}
