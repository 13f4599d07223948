import { describe, expect, it } from 'vitest';
import { type Place, placeHref, readPlace } from './place.ts';

const read = (address: string): Place => {
  const url = new URL(address, 'http://view');
  return readPlace(url.pathname, url.search);
};

describe('the address', () => {
  it.each([
    '/',
    '/traces?service=orders&status=error&min=12.5',
    '/traces/0af7651916cd43dd8448eb211c80319c?span=b7ad6b7169203331&find=SELECT+1&tz=Europe%2FBerlin',
    '/logs?text=a%26b%3D%22c%22&level=warn',
    '/metric/http_server_request_duration_seconds?by=http_route&show=p99',
    '/metric/a%2Fb%20c',
    '/health?tz=utc',
  ])('%s survives being read and written', (address) => expect(placeHref(read(address))).toBe(address));

  it('leads to Now where no page knows it', () => {
    expect(read('/nowhere/at/all').page).toBe('now');
    expect(read('/traces/').page).toBe('traces');
  });

  it('leaves out what the page does not know and what says nothing', () => {
    expect(placeHref(read('/logs?evil=1&text='))).toBe('/logs');
  });

  it('takes a broken escape as it stands instead of failing', () => {
    expect(read('/traces/%E0%A4%A')).toMatchObject({ page: 'trace', id: '%E0%A4%A' });
  });
});
