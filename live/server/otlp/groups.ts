/** Rows under the resources and scopes that they came with, as OTLP writes them: each of these once, wherever its rows lie. */
import { SCHEMA_URL, SCOPE_NAME, SCOPE_VERSION } from '../store/attribute-sets.ts';
import type { Block } from '../store/block.ts';
import type { ColumnSpec } from '../store/columns.ts';
import type { JsonObject } from './protobuf-to-json.ts';
import { fieldsOf, keyValues, textUnder } from './values.ts';

/** One row of one block. */
export interface RowRef<B> {
  block: B;
  row: number;
}

interface Described extends ColumnSpec {
  resource: 1;
  scope: 1;
}

interface ResourceGroup {
  json: JsonObject;
  scopes: Map<string, ScopeGroup>;
}

interface ScopeGroup {
  json: JsonObject;
  items: JsonObject[];
}

/**
 * @param scopes name of the list of scopes, as in ResourceSpans
 * @param items name of the list of items, as in ScopeSpans
 */
export function grouped<C extends Described>(
  rows: readonly RowRef<Block<C>>[],
  scopes: string,
  items: string,
  json: (ref: RowRef<Block<C>>) => JsonObject,
): JsonObject[] {
  const resources = new Map<string, ResourceGroup>();
  const known = new Map<Block<C>, InBlock>();
  for (const ref of rows) {
    let inBlock = known.get(ref.block);
    if (inBlock === undefined) {
      inBlock = new InBlock(ref.block, resources);
      known.set(ref.block, inBlock);
    }
    const { columns } = ref.block;
    inBlock.group(columns.resource[ref.row] as number, columns.scope[ref.row] as number).items.push(json(ref));
  }
  return [...resources.values()].map(({ json: resource, scopes: inner }) => ({
    ...resource,
    [scopes]: [...inner.values()].map(({ json: scope, items: list }) => ({ ...scope, [items]: list })),
  }));
}

/** A block's sets of resources and scopes as groups: each is written out and looked up by what it says once, however many rows or pairs it is in. */
class InBlock {
  private readonly block: Block<ColumnSpec>;
  private readonly all: Map<string, ResourceGroup>;
  private readonly resources = new Map<number, ResourceGroup>();
  private readonly scopes = new Map<number, { json: JsonObject; key: string }>();
  private readonly pairs = new Map<number, ScopeGroup>();

  constructor(block: Block<ColumnSpec>, all: Map<string, ResourceGroup>) {
    this.block = block;
    this.all = all;
  }

  group(resource: number, scope: number): ScopeGroup {
    const pair = resource * 2 ** 24 + scope;
    let group = this.pairs.get(pair);
    if (group === undefined) {
      const { scopes } = this.resource(resource);
      const { json, key } = this.scope(scope);
      group = scopes.get(key) ?? { json, items: [] };
      scopes.set(key, group);
      this.pairs.set(pair, group);
    }
    return group;
  }

  private resource(set: number): ResourceGroup {
    let group = this.resources.get(set);
    if (group === undefined) {
      const { block } = this;
      const attributes = keyValues(block, set);
      const json = {
        resource: { attributes, ...fieldsOf(block, set, 'Resource') },
        ...texts(block, set, { schemaUrl: SCHEMA_URL }),
      };
      const key = JSON.stringify(json);
      group = this.all.get(key) ?? { json, scopes: new Map() };
      this.all.set(key, group);
      this.resources.set(set, group);
    }
    return group;
  }

  private scope(set: number): { json: JsonObject; key: string } {
    let known = this.scopes.get(set);
    if (known === undefined) {
      const { block } = this;
      const attributes = keyValues(block, set);
      const scope = {
        ...texts(block, set, { name: SCOPE_NAME, version: SCOPE_VERSION }),
        ...(attributes.length > 0 ? { attributes } : {}),
        ...fieldsOf(block, set, 'Scope'),
      };
      const json = { scope, ...texts(block, set, { schemaUrl: SCHEMA_URL }) };
      known = { json, key: JSON.stringify(json) };
      this.scopes.set(set, known);
    }
    return known;
  }
}

/** The texts that a set has under keys of their own, by the names that OTLP has for them. */
function texts(block: Block<ColumnSpec>, set: number, keys: Record<string, number>): JsonObject {
  return Object.fromEntries(
    Object.entries(keys).flatMap(([name, key]) => {
      const text = textUnder(block, set, key);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}
