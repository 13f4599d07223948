/**
 * Personal data that must not reach a store, as patterns. The logger masks them in every line; the collector's redaction processor
 * holds the same patterns for spans (a test compares the two), so that a foreign service's data is masked as well.
 */
export const PERSONAL_DATA = {
  /** Payment card numbers: 13 to 19 digits in the issuers' ranges 3 to 6 (ISO/IEC 7812), with spaces or hyphens between; Luhn is checked here only. */
  card: '\\b[3-6](?:[ -]?[0-9]){12,18}\\b',
  /** E-mail addresses, also percent-encoded as in a query string; the local part has at most 64 characters (RFC 5321), which also bounds the search. */
  email: '[A-Za-z0-9._+-]{1,64}(?:@|%40)[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+',
  /** Bearer tokens of an Authorization header. */
  token: 'Bearer [A-Za-z0-9._~+/=-]{8,}',
} as const;

const MASK = '****';

const card = new RegExp(PERSONAL_DATA.card, 'g');
const email = new RegExp(PERSONAL_DATA.email, 'g');
const token = new RegExp(PERSONAL_DATA.token, 'gi');

/** Replaces card numbers (Luhn-valid only: ids and times survive), e-mail addresses and bearer tokens in `text` by `****`. */
export function redact(text: string): string {
  const masked = text.replace(card, (digits) => (luhn(digits.replace(/[ -]/g, '')) ? MASK : digits)).replace(token, MASK);
  return masked.includes('@') || masked.includes('%40') ? masked.replace(email, MASK) : masked;
}

/** The Luhn check digit (ISO/IEC 7812-1, annex B). */
function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
