import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { type Context, type ContextManager, ROOT_CONTEXT } from '@opentelemetry/api';

type Listener = (...args: unknown[]) => unknown;

const BOUND = Symbol('bound context');

/**
 * The active context in an AsyncLocalStorage, as the SDK's own manager keeps it, but an emitter is bound by its `emit` alone: the SDK's manager gives every
 * request and response eight methods of their own and wraps each listener.
 */
export class EmitContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(context, () => fn.apply(thisArg, args));
  }

  /** An emitter keeps the first context that it is bound to; all of its listeners run in it. */
  bind<T>(context: Context, target: T): T {
    if (target instanceof EventEmitter) this.#bindEmitter(context, target);
    else if (typeof target === 'function') return this.#bindFunction(context, target as unknown as Listener) as T;
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage.disable();
    return this;
  }

  #bindEmitter(context: Context, emitter: EventEmitter & { [BOUND]?: true }): void {
    if (emitter[BOUND]) return;
    emitter[BOUND] = true;
    const storage = this.#storage;
    const { emit } = emitter;
    emitter.emit = function (...event) {
      return storage.getStore() === context ? emit.apply(this, event) : storage.run(context, () => emit.apply(this, event));
    };
  }

  #bindFunction(context: Context, target: Listener): unknown {
    const storage = this.#storage;
    const bound = function (this: unknown, ...args: unknown[]) {
      return storage.run(context, () => target.apply(this, args));
    };
    // Express and others tell error handlers by their number of parameters.
    return Object.defineProperty(bound, 'length', { value: target.length, configurable: true });
  }
}
