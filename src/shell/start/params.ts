/** Params that an adapter cannot do without, filled in by its schema. */
import type { JsonSchema } from '../../core/contracts.ts';
import { Usage } from '../../core/errors.ts';
import { closest } from '../../core/suggest.ts';
import { channels, sources } from '../../generated/registry.ts';

interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly description?: string;
  readonly items?: Property;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Property>>;
}

/** "File of the repository, such as CHANGELOG.md." -> CHANGELOG.md */
const exampleIn = (description = ''): string | undefined =>
  /\bsuch as "?([^\s",;]+?)"?[.,;]?(?:\s|$)/.exec(description)?.[1];

function exampleOf(key: string, property: Property): unknown {
  if (property.const !== undefined) return property.const;
  if (property.enum) return property.enum[0];
  if (property.type === 'boolean') return false;
  if (property.type === 'integer' || property.type === 'number') return property.minimum ?? 1;
  if (property.type === 'array') return property.items ? [exampleOf(key, property.items)] : [];
  if (property.type === 'object') return requiredOf(property);
  return exampleIn(property.description) ?? (key === 'folder' ? 'site' : key);
}

const requiredOf = ({ required = [], properties = {} }: Property): Record<string, unknown> =>
  Object.fromEntries(required.map((key) => [key, exampleOf(key, properties[key] ?? {})]));

/**
 * @returns  nothing when the adapter needs no params
 * @throws Usage when there is no such adapter
 */
export function requiredParams(
  kind: 'channel' | 'source',
  adapter: string,
): Readonly<Record<string, unknown>> | undefined {
  const registry: Readonly<Record<string, { readonly params?: JsonSchema }>> = kind === 'channel' ? channels : sources;
  const plugin = Object.hasOwn(registry, adapter) ? registry[adapter] : undefined;
  if (!plugin) {
    const meant = closest(adapter, Object.keys(registry));
    const hint = meant === undefined ? `there are: ${Object.keys(registry).join(', ')}` : `did you mean ${meant}?`;
    throw new Usage(`no ${kind} adapter ${adapter}: ${hint}`);
  }
  const params = requiredOf((plugin.params ?? {}) as Property);
  return Object.keys(params).length > 0 ? params : undefined;
}
