import type { IncomingMessage } from 'node:http';
import { InstrumentationBase, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';

/** The patterns of the mounts that a request is within, joined: Express itself keeps only what they matched (`request.baseUrl`). */
const MOUNT = Symbol('pattern of the mounts');

interface ExpressRequest extends IncomingMessage {
  /** What the mounts matched. */
  baseUrl?: string;
  /** The route that answers, or has passed the request on last; other frameworks keep other things there. */
  route?: { path?: Path };
  [MOUNT]?: string;
}
type Path = string | RegExp | readonly (string | RegExp)[];
type Handler = (request: ExpressRequest, response: unknown, next: (...args: unknown[]) => void) => unknown;
type Use = (this: { stack: { handle: Handler }[] }, ...args: unknown[]) => unknown;

/** `http.route` of a request that Express 4 or 5 has answered: the patterns of its mounts and its route, `/api/things/:id`; undefined without any. */
export function expressRoute(request: ExpressRequest): string | undefined {
  const mount = request[MOUNT] ?? request.baseUrl ?? '';
  const path = request.route?.path === undefined ? '' : text(request.route.path);
  return (path === '/' && mount ? mount : mount + path) || undefined;
}

const text = (path: Path): string => (Array.isArray(path) ? path.map(text).join(',') : String(path));

/**
 * Notes the patterns of mounts (`use(path, ...)`) on the requests that pass them. Routes need nothing: Express leaves them on the request.
 * `@opentelemetry/instrumentation-express` wraps every layer instead and composes the route at each (docs/performance.md).
 */
export class ExpressMounts extends InstrumentationBase {
  constructor() {
    super('sightline/express-route', '1.0.0', {});
  }

  protected init() {
    return new InstrumentationNodeModuleDefinition('express', ['>=4.0.0 <6'], (express) => {
      // Express 5's Router is a constructor, Express 4's the prototype of its routers itself.
      const router: { use: Use } = express.Router.prototype?.use ? express.Router.prototype : express.Router;
      this._wrap(router, 'use', (use) => {
        return function (...args) {
          const before = this.stack.length;
          const returned = use.apply(this, args);
          const [path] = args;
          const isPath =
            typeof path === 'string' || path instanceof RegExp || (Array.isArray(path) && typeof path[0] !== 'function');
          if (isPath && path !== '/')
            for (const layer of this.stack.slice(before)) layer.handle = within(text(path as Path), layer.handle);
          return returned;
        };
      });
      return express;
    });
  }
}

/** `handle`, with `pattern` on the request until it passes the request on; an error that it passes on is still of its route. */
function within(pattern: string, handle: Handler): Handler {
  // Express tells error handlers by their four parameters; they come after the route.
  if (handle.length > 3) return handle;
  const handleWithin: Handler = (request, response, next) => {
    const outer = request[MOUNT] ?? '';
    request[MOUNT] = outer + pattern;
    return handle(request, response, (...args) => {
      if (!args[0] || args[0] === 'route' || args[0] === 'router') request[MOUNT] = outer;
      next(...args);
    });
  };
  // A router mounted is a function with properties (`stack`) that others read.
  return Object.setPrototypeOf(handleWithin, handle);
}
