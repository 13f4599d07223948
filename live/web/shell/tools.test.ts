import { expect, it } from 'vitest';
import { toolLinks } from './tools.ts';

const LINKS = {
  shop: 'http://shop',
  jaeger: 'http://jaeger/trace/{traceId}',
  logs: 'http://grafana?s={service}&again={service}',
};

it('gives each page the tools that show the same, with the placeholders filled in', () => {
  expect(toolLinks(LINKS, {})).toEqual([{ name: 'Shop', href: 'http://shop' }]);
  expect(toolLinks(LINKS, { traceId: 'abc' })).toEqual([{ name: 'Jaeger', href: 'http://jaeger/trace/abc' }]);
  expect(toolLinks(LINKS, { service: 'a b' })).toEqual([{ name: 'logs', href: 'http://grafana?s=a%20b&again=a%20b' }]);
  expect(toolLinks(undefined, {})).toEqual([]);
});
