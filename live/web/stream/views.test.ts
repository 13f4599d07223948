import { expect, it } from 'vitest';
import { createViews, viewKey } from './views.ts';

it('the same wish has the same key, whatever the order, the defaults and what the view does not take', () => {
  expect(viewKey({ view: 'logs', level: 'warn', text: '', window: 60 })).toBe(viewKey({ level: 'warn', view: 'logs' }));
  expect(viewKey({ view: 'services' })).toBe(viewKey({ view: 'services', window: 60, name: '' }));
  expect(viewKey({ view: 'services', window: 10 })).not.toBe(viewKey({ view: 'services' }));
  expect(viewKey({ view: 'logs', level: 'warn' })).not.toBe(viewKey({ view: 'logs' }));
});

it('a view wanted twice is subscribed once, and until both let go', () => {
  let changes = 0;
  const views = createViews(() => changes++);
  const first = views.want({ view: 'errors' });
  const second = views.want({ view: 'errors' });
  expect(views.wanted()).toEqual([{ view: 'errors' }]);
  first();
  expect(views.wanted()).toHaveLength(1);
  second();
  expect(views.wanted()).toEqual([]);
  expect(changes).toBe(2);
});

it('sections of an earlier subscription belong to nobody', () => {
  const views = createViews(() => {});
  views.subscribed([{ id: 1, view: 'health' }]);
  views.subscribed([{ id: 2, view: 'services', window: 60 }]);
  expect(views.keyOf(1)).toBeUndefined();
  expect(views.keyOf(2)).toBe(viewKey({ view: 'services', window: 60 }));
});
