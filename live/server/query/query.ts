/**
 * Room query: what the API answers from the rings and the derived numbers, traces apart.
 *
 * Parameters of a query, checked against what the path takes. The table of each path is held against openapi.yml by a test.
 */
export class BadRequestError extends Error {}
export class NotFoundError extends Error {}

export type ParamSpec =
  | { type: 'text'; pattern?: RegExp; hint?: string; default?: string }
  | { type: 'one of'; values: readonly string[]; default?: string }
  | { type: 'integer'; minimum: number; maximum: number; default: number }
  | { type: 'number'; minimum?: number }
  | { type: 'list'; pattern: RegExp };

export type ParamTable = Readonly<Record<string, ParamSpec>>;

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export const STATUSES = ['unset', 'ok', 'error'] as const;

export const text = { type: 'text' } as const;
export const TRACE_ID = { type: 'text', pattern: /^[0-9a-f]{32}$/ } as const;
export const SPAN_ID = { type: 'text', pattern: /^[0-9a-f]{16}$/ } as const;
export const LIMIT = { type: 'integer', minimum: 1, maximum: 1000, default: 50 } as const;
export const WINDOW = { type: 'integer', minimum: 1, maximum: 120, default: 60 } as const;
export const LEVEL = { type: 'one of', values: LEVELS } as const;
export const STATUS = { type: 'one of', values: STATUSES } as const;
export const ATTRIBUTES = { type: 'list', pattern: /^[^=]+=/ } as const;
export const TIME = { type: 'number' } as const;
const FROM_NEXT = 'take it from `next` of the page before';
/** Where a list goes on, as `next` of the page before has it. */
export const CURSORS = {
  list: { type: 'text', pattern: /^\d{1,9}$/, hint: FROM_NEXT },
  logs: { type: 'text', pattern: /^\d{1,15}(\.\d{1,20})?-\d{1,7}$/, hint: FROM_NEXT },
  traces: { type: 'text', pattern: /^\d{1,15}(\.\d{1,20})?-[0-9a-f]{32}$/, hint: FROM_NEXT },
} as const;

export class Query {
  private readonly table: ParamTable;
  private readonly values: URLSearchParams;

  /** @throws BadRequestError that names the parameter, its value and what it may be */
  constructor(table: ParamTable, values: URLSearchParams) {
    this.table = table;
    this.values = values;
    const seen = new Set<string>();
    for (const [name, value] of values) {
      check(name, value, table);
      if (seen.has(name) && table[name]?.type !== 'list')
        throw new BadRequestError(`${clip(name)} is given more than once: it takes one value`);
      seen.add(name);
    }
  }

  /** '' where it is not given and has no default. */
  text(name: string): string {
    const spec = this.spec(name);
    return this.values.get(name) ?? ('default' in spec ? String(spec.default) : '');
  }

  /** NaN where it is not given and has no default. */
  number(name: string): number {
    const value = this.values.get(name);
    const spec = this.spec(name);
    return value === null ? ('default' in spec ? Number(spec.default) : Number.NaN) : Number(value);
  }

  list(name: string): string[] {
    this.spec(name);
    return this.values.getAll(name);
  }

  private spec(name: string): ParamSpec {
    const spec = this.table[name];
    if (spec === undefined) throw new Error(`the path has no parameter ${name}`);
    return spec;
  }
}

function check(name: string, value: string, table: ParamTable): void {
  const spec = Object.hasOwn(table, name) ? table[name] : undefined;
  if (spec === undefined) {
    const known = Object.keys(table).join(', ') || 'none';
    throw new BadRequestError(`unknown parameter "${clip(name)}": this path takes ${known}`);
  }
  const fault = faultOf(value, spec);
  if (fault !== undefined) throw new BadRequestError(`${name}=${clip(value)}: ${fault}`);
}

function faultOf(value: string, spec: ParamSpec): string | undefined {
  switch (spec.type) {
    case 'one of':
      return spec.values.includes(value) ? undefined : `must be one of ${spec.values.join(', ')}`;
    case 'integer':
      if (NUMBER.test(value) && Number.isInteger(Number(value)) && Number(value) >= spec.minimum && Number(value) <= spec.maximum)
        return undefined;
      return `must be an integer from ${spec.minimum} to ${spec.maximum}`;
    case 'number':
      if (NUMBER.test(value) && Number.isFinite(Number(value)) && Number(value) >= (spec.minimum ?? -Number.MAX_VALUE))
        return undefined;
      return spec.minimum === undefined ? 'must be a number' : `must be a number from ${spec.minimum}`;
    default:
      if (spec.pattern === undefined || spec.pattern.test(value)) return undefined;
      return 'hint' in spec && spec.hint !== undefined ? spec.hint : `must match ${spec.pattern.source}`;
  }
}

/** As JSON writes numbers, so that 1e3 is 1000 here too. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const clip = (value: string): string => value.slice(0, 80);
