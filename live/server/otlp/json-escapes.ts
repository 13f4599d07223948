/** What a backslash begins within a JSON string (RFC 8259, section 7), in bytes. */

export const BACKSLASH = 0x5c;

/** What may follow a backslash, and for what it stands; \u stands for itself. */
export const ESCAPES = new Uint8Array(128);
for (const [name, byte] of Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9, u: 0x75 }))
  ESCAPES[name.charCodeAt(0)] = byte;

/** The value of a hexadecimal digit; -1 where it is none. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The bytes that a checked escape stands for go to `put`; returns where it ends. `at` is its letter's place. */
export function readEscape(bytes: Uint8Array, at: number, put: (byte: number) => void): number {
  const letter = bytes[at] as number;
  if (letter !== 0x75) {
    put(ESCAPES[letter] as number);
    return at + 1;
  }
  let code = unit(bytes, at + 1);
  let end = at + 5;
  if (code >= 0xd800 && code < 0xe000) {
    const low = code < 0xdc00 && bytes[end] === BACKSLASH && bytes[end + 1] === 0x75 ? unit(bytes, end + 2) : 0;
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      end += 6;
    } else code = 0xfffd;
  }
  if (code < 0x80) put(code);
  else {
    if (code < 0x800) put(0xc0 | (code >> 6));
    else {
      if (code < 0x10000) put(0xe0 | (code >> 12));
      else {
        put(0xf0 | (code >> 18));
        put(0x80 | ((code >> 12) & 63));
      }
      put(0x80 | ((code >> 6) & 63));
    }
    put(0x80 | (code & 63));
  }
  return end;
}

function unit(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = value * 16 + hexDigit(bytes[at + i] ?? 0);
  return value;
}
