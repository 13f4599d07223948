/** Bearer keys: who may send and ask, under which name, and how fast. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { SIGNALS, type Signal } from '../store/ledger.ts';

export interface KeySpec {
  name: string;
  token: string;
  /** Uncompressed bytes per second that this key may send; 0 for any number. */
  bytesPerSecond: number;
  /** The signals that it may send, and that is all it may do; undefined for all, and for asking. */
  only?: readonly Signal[];
}

/** A key that may be written to files and headers without quoting. */
const TOKEN = /^[\w.~+/=-]{8,512}$/;
const NAME = /^[\w.-]{1,64}$/;

/**
 * Reads keys from lines `name token [bytes per second [signals]]`, such as `page s3cr3t-t0k3n 262144 traces` (several joined by +); a line with one
 * word is a token named `default`. Empty lines and # comments are skipped.
 * @throws Error that names the line and never the token
 */
export function parseKeys(text: string, where: string): KeySpec[] {
  const keys: KeySpec[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const words = line.split(/\s+/);
    const [name, token, limit = '0', signals] = words.length === 1 ? ['default', words[0]] : words;
    const fault = (what: string): Error => new Error(`${where}, line ${index + 1}: ${what}. Write: ${FORM}`);
    if (name === undefined || !NAME.test(name)) throw fault('a name has 1 to 64 letters, digits, dots, dashes');
    if (token === undefined || !TOKEN.test(token))
      throw fault(`the token of ${name} has fewer than 8 characters or one that is not allowed`);
    if (!/^\d{1,15}$/.test(limit)) throw fault(`the limit of ${name} is not a number`);
    if (keys.some((key) => key.name === name || key.token === token)) throw fault(`${name} or its token is there twice`);
    const only = signals?.split('+').map((signal) => {
      const known = SIGNALS.find((one) => one === signal);
      if (known === undefined) throw fault(`${name} may send "${signal}", which is none of ${SIGNALS.join(', ')}`);
      return known;
    });
    keys.push({ name, token, bytesPerSecond: Number(limit), ...(only && { only }) });
  }
  return keys;
}

/** A line of a keys file. */
const FORM = 'name token [bytes per second [signals]]';

/** A new random token: 192 bits. */
export const newToken = (): string => randomBytes(24).toString('base64url');

/**
 * Keys of a file, else of the variable's text, else one made now; a file that is not there is written with it (mode 600).
 * @throws Error where the file cannot be read or holds no key
 */
export function loadKeys(file: string | undefined, text: string | undefined): KeySpec[] {
  const made = (): KeySpec[] => [{ name: 'default', token: newToken(), bytesPerSecond: 0 }];
  if (file === undefined) {
    const keys = parseKeys((text ?? '').replaceAll(',', '\n'), 'the keys in the environment');
    return keys.length > 0 ? keys : made();
  }
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Error(`cannot read the keys file ${file}: ${(error as Error).message}`);
    const keys = made();
    writeFileSync(file, `${keys.map(({ name, token }) => `${name} ${token}`).join('\n')}\n`, { mode: 0o600, flag: 'wx' });
    return keys;
  }
  const keys = parseKeys(content, file);
  if (keys.length === 0) throw new Error(`the keys file ${file} holds no key. Write: ${FORM}`);
  return keys;
}

/** A key at work: a bucket of bytes that refills at its rate. */
export class Key {
  readonly name: string;
  private readonly rate: number;
  private tokens: number;
  private filledMs: number;
  private readonly only: readonly Signal[] | undefined;

  constructor({ name, bytesPerSecond, only }: KeySpec, now: number) {
    this.name = name;
    this.only = only;
    this.rate = bytesPerSecond;
    this.tokens = bytesPerSecond;
    this.filledMs = now;
  }

  maySend(signal: Signal): boolean {
    return this.only === undefined || this.only.includes(signal);
  }

  /** Whether it may use the API and the page's stream. */
  get mayAsk(): boolean {
    return this.only === undefined;
  }

  /** Whether it may send only so much. */
  get limited(): boolean {
    return this.rate > 0;
  }

  /**
   * 0 where the key may send now, else how many milliseconds from now. A request larger than the bucket is taken from a full one and leaves a debt.
   */
  waitMs(now: number): number {
    if (this.rate === 0) return 0;
    this.tokens = Math.min(this.rate, this.tokens + ((now - this.filledMs) / 1000) * this.rate);
    this.filledMs = now;
    return this.tokens > 0 ? 0 : Math.max(1, Math.ceil((-this.tokens / this.rate) * 1000));
  }

  spend(bytes: number): void {
    if (this.rate > 0) this.tokens -= bytes;
  }
}

export class Keys {
  private readonly byName = new Map<string, Key>();
  /** Tokens are random, and a Map compares only what hashes alike under V8's own seed: its timing tells nothing of a token. */
  private readonly byHeader = new Map<string, Key>();

  constructor(specs: readonly KeySpec[], now: number) {
    for (const spec of specs) {
      const key = new Key(spec, now);
      this.byName.set(spec.name, key);
      this.byHeader.set(`Bearer ${spec.token}`, key);
    }
  }

  /** The key of this name. */
  named(name: string): Key | undefined {
    return this.byName.get(name);
  }

  /** The key of who has shown a certificate: what the keys say of this name, else any number of bytes of all signals. */
  ofHolder(name: string | undefined): Key | undefined {
    if (name === undefined || !NAME.test(name)) return undefined;
    const key = this.byName.get(name) ?? new Key({ name, token: '', bytesPerSecond: 0 }, 0);
    this.byName.set(name, key);
    return key;
  }

  /** The key that an Authorization header holds, where it may ask. */
  findAsking(header: string | undefined): Key | undefined {
    const key = this.find(header);
    return key?.mayAsk ? key : undefined;
  }

  /** The key that an Authorization header holds. */
  find(header: string | undefined): Key | undefined {
    if (header === undefined) return undefined;
    return this.byHeader.get(header) ?? this.byHeader.get(header.replace(/^bearer +/i, 'Bearer '));
  }
}
