import { EventEmitter } from 'node:events';
import { createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { EmitContextManager } from './context.ts';

const manager = new EmitContextManager();
const key = createContextKey('name');
const named = (name: string) => ROOT_CONTEXT.setValue(key, name);
const name = () => manager.active().getValue(key);

it('runs all listeners of an emitter in the first context it was bound to, and the one outside after', () => {
  const emitter = new EventEmitter();
  const seen: unknown[] = [];
  const note = (what: string) => seen.push([what, name()]);
  emitter.on('event', note);
  manager.bind(named('request'), emitter);
  manager.bind(named('other'), emitter);
  emitter.once('event', note);
  manager.with(named('caller'), () => {
    emitter.emit('event', 'first');
    note('after');
  });
  emitter.off('event', note);
  expect(emitter.emit('event', 'second')).toBe(false);
  expect(seen).toEqual([
    ['first', 'request'],
    ['first', 'request'],
    ['after', 'caller'],
  ]);
});

it('keeps the context over what is asynchronous, and takes it back where a function throws', async () => {
  await manager.with(named('request'), async () => {
    await new Promise(setImmediate);
    expect(name()).toBe('request');
    expect(() =>
      manager.with(named('inner'), () => {
        throw new Error('failed');
      }),
    ).toThrow('failed');
    expect(name()).toBe('request');
  });
  expect(manager.active()).toBe(ROOT_CONTEXT);
});

it('binds a function with its `this`, its arguments and its number of parameters', () => {
  const bound = manager.bind(named('request'), function (this: { factor: number }, one: number, two: number) {
    return [name(), this.factor * (one + two)];
  });
  expect(bound.length).toBe(2);
  expect(bound.call({ factor: 2 }, 3, 4)).toEqual(['request', 14]);
});
