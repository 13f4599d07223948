import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { ApiError, apiPath, getJson, readAttributes } from './request.ts';

it('leaves out what is empty and repeats lists', () => {
  expect(apiPath('/api/traces', { service: '', attribute: ['a=1', 'b=x y'], limit: 50, from: undefined })).toBe(
    '/api/traces?attribute=a%3D1&attribute=b%3Dx+y&limit=50',
  );
  expect(apiPath('/api/ledger')).toBe('/api/ledger');
});

it('reads attribute filters with quoted values, and names what is none', () => {
  expect(readAttributes('http.route=/cart db.query.text="SELECT 1" =x lonely')).toEqual({
    attributes: ['http.route=/cart', 'db.query.text=SELECT 1'],
    wrong: ['=x', 'lonely'],
  });
});

it("carries the server's own message, and says so where nobody answers", async () => {
  const server = createServer((_, response) => {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"error":{"code":"not_found","message":"trace 00 is not held (any more)"}}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = `http://127.0.0.1:${(server.address() as { port: number }).port}/api/traces/00`;
  await expect(getJson(address)).rejects.toMatchObject({ status: 404, message: 'trace 00 is not held (any more)' });
  await new Promise((resolve) => server.close(resolve));
  await expect(getJson(address)).rejects.toBeInstanceOf(ApiError);
  await expect(getJson(address)).rejects.toMatchObject({ status: 0 });
});
