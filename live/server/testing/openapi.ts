/** Reads openapi.yml, and holds values against its schemas: strictly, so that a field which is not documented is a fault too. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Schema {
  $ref?: string;
  type?: string | string[];
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  allOf?: Schema[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  pattern?: string;
}

export interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}

export interface Operation {
  parameters?: (Parameter | { $ref: string })[];
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: Schema }> }>;
}

export const openApi = parse(readFileSync(new URL('../../openapi.yml', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};

export function resolve<T extends object>(value: T | { $ref: string }): T {
  const ref = (value as { $ref?: string }).$ref;
  if (ref === undefined) return value as T;
  const found = ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], openApi);
  if (found === undefined) throw new Error(`openapi.yml has no ${ref}`);
  return resolve(found as T);
}

/** What is wrong with a value: one line each. */
export function faults(value: unknown, schemaOrRef: Schema, path = '$'): string[] {
  const schema = flat(schemaOrRef);
  const types = schema.type === undefined ? undefined : [schema.type].flat();
  if (types !== undefined && !types.some((type) => isType(value, type)))
    return [`${path}: ${JSON.stringify(value)} is not ${types}`];
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return [`${path}: ${JSON.stringify(value)} is not in ${schema.enum}`];
  if (schema.const !== undefined && schema.const !== value) return [`${path}: ${JSON.stringify(value)} is not ${schema.const}`];
  if (Array.isArray(value)) return value.flatMap((one, i) => faults(one, schema.items ?? {}, `${path}[${i}]`));
  if (typeof value !== 'object' || value === null) return [];
  const { required = [], properties, additionalProperties } = schema;
  const missing = required.filter((name) => !(name in value)).map((name) => `${path}.${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const property = properties?.[name] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (property !== undefined) return faults(one, property, `${path}.${name}`);
    return properties === undefined || additionalProperties === true ? [] : [`${path}.${name} is not documented`];
  });
  return [...missing, ...wrong];
}

function flat(schemaOrRef: Schema): Schema {
  const schema = resolve<Schema>(schemaOrRef as Schema | { $ref: string });
  if (schema.allOf === undefined) return schema;
  const parts = schema.allOf.map(flat);
  return {
    type: 'object',
    required: parts.flatMap(({ required = [] }) => required),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
  };
}

function isType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
