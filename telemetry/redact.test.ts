import { describe, expect, it } from 'vitest';
import { redact } from './redact.ts';

describe('redact', () => {
  it.each([
    ['paid with 4242424242424242', 'paid with ****'],
    ['paid with 4111 1111 1111 1111 today', 'paid with **** today'],
    ['{"card":"5555-5555-5555-4444"}', '{"card":"****"}'],
    ['amex 378282246310005', 'amex ****'],
    ['mail to jane.doe+shop@mail.example.co.uk, please', 'mail to ****, please'],
    ['GET /api/products?search=jane%40example.com', 'GET /api/products?search=****'],
    ['authorization: Bearer abc.DEF-123456', 'authorization: ****'],
  ])('masks personal data: %s', (text, masked) => {
    expect(redact(text)).toBe(masked);
  });

  it.each([
    ['a number that is not valid by Luhn', 'order 4242424242424241'],
    ['a time in milliseconds', '"time":1795171685185'],
    ['a trace id that is all digits', '"trace_id":"12345678901234561234567890123456"'],
    ['a UUID', 'order 44242424-4242-4242-8242-424242424242x'],
    ['a version at a name', 'sightline@0'],
  ])('leaves %s alone', (_what, text) => {
    expect(redact(text)).toBe(text);
  });
});
